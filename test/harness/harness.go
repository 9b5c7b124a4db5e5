// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package harness runs the real program for tests and benchmarks: it builds the binary once, starts nodes on free loopback
// ports, kills and restarts them, and talks to them as a client and as another server.
//
//	n := harness.Start(t, harness.Options{Name: "Gouda"})
//	token := n.AddUser("anna")
//	n.AddGroup("wonen", "anna")
//	var status struct{ ID string }
//	n.API(token, "POST", "/api/v1/statuses", map[string]any{"status": "Hallo"}, &status)
//	n.Kill() // SIGKILL
//	n.Restart()
package harness

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// T is what is needed of a *testing.T. A program that is no test brings its own.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
	Cleanup(func())
	TempDir() string
	Failed() bool
}

// Build builds the program, once in a process, and returns its path.
func Build(t T) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatalf("build the program: %v", err)
	}
	return binary
}

var built = sync.OnceValues(func() (string, error) {
	root, err := Root()
	if err != nil {
		return "", err
	}
	folder := filepath.Join(root, ".tools", "test")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	// Renamed when complete: other test processes may be starting the one that lies there.
	target := filepath.Join(folder, "pleio-node")
	fresh := fmt.Sprintf("%s.%d", target, os.Getpid())
	defer os.Remove(fresh)
	build := exec.Command("go", "build", "-o", fresh, "./cmd/pleio-node")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0") // as it is released
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return target, os.Rename(fresh, target)
})

// Root is the folder of the module.
func Root() (string, error) {
	out, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return "", fmt.Errorf("go env GOMOD: %w", err)
	}
	file := strings.TrimSpace(string(out))
	if filepath.Base(file) != "go.mod" {
		return "", fmt.Errorf("not inside of the module: go env GOMOD says %q", file)
	}
	return filepath.Dir(file), nil
}

// FreePort finds a port on 127.0.0.1 that nobody uses. It lies below those that systems hand out to outgoing connections:
// a node that is killed must find its port free when it comes back.
func FreePort(t T) int {
	t.Helper()
	for range 100 {
		port := 15000 + rand.IntN(15000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err == nil {
			l.Close()
			return port
		}
	}
	t.Fatalf("there is no free port between 15000 and 30000")
	return 0
}
