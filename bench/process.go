// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const tick = 10 * time.Millisecond // USER_HZ is 100 on every Linux (proc(5))

// cpu is the processor time that the node has used, utime and stime of /proc/PID/stat.
func (w *world) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", w.node.Cmd.Process.Pid))
	if err != nil {
		w.Fatalf("how much processor the node uses is read from /proc, which only Linux has: %v", err)
	}
	// The name of the program, in parentheses, may hold anything.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	var ticks int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			w.Fatalf("read /proc/PID/stat: %v", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// memory is VmRSS or VmHWM of the node, in megabytes.
func (w *world) memory(what string) float64 {
	MB, err := memoryOf(w.node.Cmd.Process.Pid, what)
	if err != nil {
		w.Fatalf("how much memory the node uses is read from /proc, which only Linux has: %v", err)
	}
	return MB
}

func memoryOf(pid int, what string) (MB float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, what+":"); ok {
			kB, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 64)
			return kB / 1024, err
		}
	}
	return 0, fmt.Errorf("there is no %s", what)
}

// cpuEach is the processor time of one operation in milliseconds.
func cpuEach(used time.Duration, n int) float64 { return milliseconds(used) / float64(n) }

func measureStart(w *world) []figure {
	w.node.Stop()
	return []figure{{Name: "first answer after", Unit: " s", Value: w.node.Restart().Seconds(), Want: atMost(0.3), Other: "1.7 s"}}
}

func measureIdle(w *world) []figure {
	settle, watch := 10*time.Second, 20*time.Second
	if w.quick {
		settle, watch = time.Second, 2*time.Second
	}
	w.node.Stop()
	w.node.Restart()
	time.Sleep(settle)
	memory, before := w.memory("VmRSS"), w.cpu()
	time.Sleep(watch)
	return []figure{
		{Name: "memory", Unit: " MB", Value: memory, Want: atMost(45), Other: "120 MB"},
		{Name: "CPU", Unit: " %", Value: 100 * float64(w.cpu()-before) / float64(watch), Want: atMost(0.1)},
	}
}

func measureMemory(w *world) []figure {
	return []figure{
		{Name: "memory", Unit: " MB", Value: w.memory("VmRSS"), Want: atMost(120), Other: "160 MB"},
		{Name: "peak", Unit: " MB", Value: w.memory("VmHWM"), Other: "223 MB"},
	}
}
