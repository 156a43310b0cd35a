module github.com/podlife/podlife/adapters/cri

go 1.26.0
