// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/federation"
)

// BenchmarkDeliver is everything around a request: reading, the bytes, saving. One operation is one delivery;
// the activities (4 KiB each) go to 500 hosts, in posts as they come (spread) or all at once (backlog).
func BenchmarkDeliver(b *testing.B) {
	for _, posts := range []int{1, 200} {
		b.Run(fmt.Sprintf("posts=%d", posts), func(b *testing.B) {
			w := newWorld(b, dbtest.Open(b))
			var hosts []string
			for i := range 500 {
				hosts = append(hosts, fmt.Sprintf("h%d.example", i))
			}
			var sent atomic.Int64
			all := make(chan struct{}, 1)
			goal := int64(posts * len(hosts))
			w.deliver.Post = func(context.Context, string, []byte, federation.Signer, *federation.Synchronization) (*federation.Posted, error) {
				if sent.Add(1)%goal == 0 {
					all <- struct{}{}
				}
				return &federation.Posted{Status: 202}, nil
			}
			body := strings.Repeat("x", 4096)
			b.ReportAllocs()
			var peak runtime.MemStats
			n := 0
			for b.Loop() {
				b.StopTimer()
				for range posts {
					w.says(body, hosts...)
				}
				b.StartTimer()
				stop := w.starts()
				<-all
				runtime.ReadMemStats(&peak)
				stop() // all is saved
				b.StopTimer()
				if left := w.waiting(); left != 0 {
					b.Fatalf("%d deliveries are left", left)
				}
				n++
				b.StartTimer()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n)/float64(goal), "ns/delivery")
			b.ReportMetric(float64(n)*float64(goal)/b.Elapsed().Seconds(), "deliveries/s")
			b.ReportMetric(float64(peak.HeapInuse)/1e6, "MB-heap")
		})
	}
}
