package yamldoc

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The wanted values are those of sigs.k8s.io/yaml, as the API server uses it.
func TestPlainScalarsReadAsKubernetesReadsThem(t *testing.T) {
	for _, c := range []struct {
		text string
		kind Kind
		want string
	}{
		{"", Null, ""}, {"~", Null, ""}, {"null", Null, ""}, {"Null", Null, ""}, {"nULL", String, "nULL"},
		{"y", Bool, "true"}, {"Yes", Bool, "true"}, {"on", Bool, "true"}, {"TRUE", Bool, "true"}, {"tRUE", String, "tRUE"},
		{"n", Bool, "false"}, {"NO", Bool, "false"}, {"Off", Bool, "false"}, {"false", Bool, "false"}, {"yesx", String, "yesx"},
		{"0", Number, "0"}, {"-0", Number, "0"}, {"+5", Number, "5"}, {"017", Number, "15"}, {"0o17", Number, "15"},
		{"0644", Number, "420"}, {"0888", Number, "888"}, {"0x1F", Number, "31"}, {"-0x1F", Number, "-31"}, {"0b101", Number, "5"},
		{"1_000", Number, "1000"}, {"0x_1", Number, "1"}, {"0xZZ", String, "0xZZ"}, {"0b2", String, "0b2"}, {"_1", String, "_1"},
		{"9223372036854775807", Number, "9223372036854775807"}, {"9223372036854775808", Number, "9223372036854775808"},
		{"18446744073709551616", Number, "18446744073709552000"}, {"123456789012345678", Number, "123456789012345678"},
		{"10.0", Number, "10"}, {"1.50", Number, "1.5"}, {"1e3", Number, "1000"}, {"1E+3", Number, "1000"}, {"1e21", Number, "1e+21"},
		{"1e-7", Number, "1e-7"}, {".5", Number, "0.5"}, {"1.", Number, "1"}, {"1e400", String, "1e400"}, {".", String, "."},
		{"+.5", Number, "0.5"}, {"1.2.3", String, "1.2.3"}, {"10.0.0.1", String, "10.0.0.1"}, {"-", String, "-"}, {"1:30", String, "1:30"},
		{".inf", Number, ".inf"}, {"-.Inf", Number, "-.inf"}, {".NaN", Number, ".nan"}, {"inf", String, "inf"},
		{"2024-01-02", String, "2024-01-02"}, {"2024-01-02T10:00:00Z", String, "2024-01-02T10:00:00Z"},
		{"1Gi", String, "1Gi"}, {"500m", String, "500m"}, {"12E", String, "12E"}, {"<<", String, "<<"}, {"tiger", String, "tiger"},
	} {
		got := resolvePlain(c.text)
		require.Equal(t, Scalar{c.kind, c.want}, got, "%q", c.text)
	}
}

func TestPlainKeysReadAsKubernetesReadsThem(t *testing.T) {
	for _, c := range []struct {
		text, want string
		ok         bool
	}{
		{"a", "a", true}, {"1", "1", true}, {"0x10", "16", true}, {"yes", "true", true}, {"off", "false", true},
		{"1.50", "1.5", true}, {"1e20", "1e+20", true}, {"12e6", "1.2e+07", true}, {"18446744073709551616", "1.8446744e+19", true}, {"10.0", "10", true},
		{"2024-01-02", "2024-01-02", true}, {"~", "", false}, {"", "", false}, {"9223372036854775808", "9223372036854775808", false},
	} {
		got, ok := keyText(c.text)
		require.Equal(t, c.ok, ok, "%q", c.text)
		require.Equal(t, c.want, got, "%q", c.text)
	}
}
