package main

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	natsserver "github.com/nats-io/nats-server/v2/server"

	"roadbook/platform/sqldb/sqldbtest"
)

// TestDemoIsTheSameOnEveryEngine runs the demo on files, and on PostgreSQL with an external NATS and an object store: the
// tables are equal to the cent that they show.
func TestDemoIsTheSameOnEveryEngine(t *testing.T) {
	on := func(engines ...string) string {
		t.Helper()
		var out bytes.Buffer
		args := append([]string{"demo", "--cars", "3", "--months", "4", "--once", "--data", t.TempDir(),
			"--console", "127.0.0.1:0", "--gateway", "127.0.0.1:0", "--mqtt", "127.0.0.1:0"}, engines...)
		if err := run(t.Context(), args, &out); err != nil {
			t.Fatal(err)
		}
		table, _, ok := strings.Cut(out.String()[strings.Index(out.String(), "\n")+1:], " CPU-s.")
		if !ok || !strings.Contains(table, "3 cars") {
			t.Fatalf("no table:\n%s", out.String())
		}
		return table[:strings.LastIndex(table, "\n")] // the last line tells the time it took
	}
	files := on()

	srv, err := natsserver.NewServer(&natsserver.Options{Host: "127.0.0.1", Port: natsserver.RANDOM_PORT, JetStream: true, StoreDir: t.TempDir(), NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	srv.Start()
	t.Cleanup(func() { srv.Shutdown(); srv.WaitForShutdown() })
	if !srv.ReadyForConnections(10 * time.Second) {
		t.Fatal("the NATS server does not start")
	}
	backend := s3mem.New()
	if err := backend.CreateBucket("roadbook"); err != nil {
		t.Fatal(err)
	}
	s3 := httptest.NewServer(gofakes3.New(backend).Server())
	t.Cleanup(s3.Close)

	others := on("--db", sqldbtest.Postgres(t), "--nats", srv.ClientURL(),
		"--blobs", "s3://key:secret@"+strings.TrimPrefix(s3.URL, "http://")+"/roadbook?tls=0")
	if others != files {
		t.Errorf("on PostgreSQL, NATS and S3:\n%s\non files:\n%s", others, files)
	}
}
