package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"roadbook/app/client"
	"roadbook/platform/runs"
)

// asked says where a study is computed and what is written of it.
type asked struct {
	File   string `short:"f" required:"" help:"The case, YAML or JSON. - is standard input." placeholder:"FILE"`
	JSON   string `name:"json" help:"Write the whole result as JSON. - is standard output, instead of the text." placeholder:"FILE"`
	HTML   string `name:"html" help:"Write a report that needs nothing else, with pictures." placeholder:"FILE"`
	Server string `help:"Have this server compute; its console shows the result." placeholder:"URL"`
	Token  string `help:"The operator's token of the server (default: read from DATA/token)." env:"ROADBOOK_TOKEN"`
	Data   string `help:"Data folder of a server on this machine, for its token." default:"data" type:"path"`
}

// client calls the server that was named, with the operator's token.
func (a asked) client() (*client.Client, error) {
	token, err := operatorToken(a.Token, a.Data)
	return &client.Client{Base: a.Server, Token: token}, err
}

// remote asks a server for a study and follows its progress. The result is read into out.
func (a asked) remote(ctx context.Context, kind string, input []byte, out any) error {
	cl, err := a.client()
	if err != nil {
		return err
	}
	var run runs.Run
	if err := cl.Do(ctx, "POST", "/v1/runs/"+kind, uuid.NewString(), input, &run); err != nil {
		return err
	}
	tell := progress(os.Stderr)
	for !run.State.Ended() {
		select {
		case <-ctx.Done(): // interrupted: what was found until now is what we want
			ctx = context.WithoutCancel(ctx)
			if err := cl.Post(ctx, "/v1/runs/"+run.ID+"/stop", uuid.NewString(), struct{}{}, nil); err != nil {
				return err
			}
			time.Sleep(runs.Beat)
		case <-time.After(300 * time.Millisecond):
		}
		if err := cl.Get(ctx, "/v1/runs/"+run.ID, &run); err != nil {
			return err
		}
		if run.Total > 0 {
			tell(run.Done, run.Total, run.Doing)
		}
	}
	if len(run.Result) == 0 {
		return fmt.Errorf("%s: %s", run.State, cmp.Or(run.Error, "nothing was found until then"))
	}
	return json.Unmarshal(run.Result, out)
}

// write writes what was asked for: JSON, HTML, and the text unless the JSON goes to standard output.
func (a asked) write(out io.Writer, result any, text func(io.Writer) error, html func(io.Writer) error) error {
	if a.JSON != "" {
		b, err := json.MarshalIndent(result, "", "  ")
		if err != nil {
			return err
		}
		if a.JSON == "-" {
			_, err := out.Write(append(b, '\n'))
			return err
		}
		if err := os.WriteFile(a.JSON, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if a.HTML != "" {
		if err := toFile(a.HTML, html); err != nil {
			return err
		}
	}
	return text(out)
}

// toFile writes a file whole or not at all: beside its place, and moved there when it is complete.
func toFile(name string, write func(io.Writer) error) error {
	if err := regular(name); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".roadbook-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// regular refuses to move a file to where a folder, a device or a pipe is.
func regular(name string) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no file that can be replaced: expected the name of a file", name)
	}
	return nil
}

// place refuses, before work of hours begins, a file that toFile could not write after it. "": nothing is to be written.
func place(name string) error {
	if name == "" {
		return nil
	}
	if err := regular(name); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".roadbook-*")
	if err != nil {
		return fmt.Errorf("--out: %s cannot be written: %w", name, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
