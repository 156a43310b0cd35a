package naming_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/podlife/podlife/naming"
)

func BenchmarkCheck(b *testing.B) {
	for _, rule := range naming.Rules() {
		check, s := functions[rule], valid[rule][0]
		b.Run(strings.ReplaceAll(rule.String(), " ", "_"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = check(s)
			}
		})
	}
}

func BenchmarkCheckInvalid(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		sink = naming.DNS1123Label("web-frontend_7d4b9c")
	}
}

func BenchmarkGenerate(b *testing.B) {
	b.ReportAllocs()
	source := rand.New(rand.NewPCG(1, 2))
	for b.Loop() {
		kept = naming.Generate("web-frontend-", source.IntN)
	}
}

func BenchmarkFixName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		kept = naming.FixName("My Application (v2)", nil)
	}
}
