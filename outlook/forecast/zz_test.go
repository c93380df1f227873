package forecast
import ("testing";"os";"time")
func TestZZ(t *testing.T){ b,_:=os.ReadFile("../../examples/xiaomi-2023/today.yaml"); c,err:=Parse(b); if err!=nil {t.Fatal(err)}; bb:=time.Now(); r,err:=Run(t.Context(),c,Options{Seed:1}); if err!=nil {t.Fatal(err)}; t.Log(time.Since(bb)); WriteText(os.Stdout,r) }
