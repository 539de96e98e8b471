package app

import (
	"reflect"
	"testing"

	"github.com/wcde-foundation/wcded/configs"
)

// What configs calls live has to be taken over, all of it and nothing else.
func TestTakeOverIsWhatDiffCallsLive(t *testing.T) {
	load := func(path string) *configs.Config {
		c, err := configs.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	old, next := load("../../configs/testdata/good/minimal.yaml"), load("../../configs/testdata/good/minimal.yaml")
	changeEverything(reflect.ValueOf(next).Elem())
	next.Databases[0].Name = old.Databases[0].Name
	before := configs.Diff(old, next)
	merged := takeOver(old, next)
	live := 0
	for _, c := range before {
		if c.Live {
			live++
		}
	}
	for _, c := range configs.Diff(merged, next) {
		if c.Live {
			t.Errorf("%s is called live and was not taken over", c)
		}
	}
	for _, c := range configs.Diff(old, merged) {
		if !c.Live {
			t.Errorf("%s needs a restart and was taken over", c)
		}
	}
	if live < 4 {
		t.Errorf("only %d live settings differ: the test proves nothing", live)
	}
}

// changeEverything gives every setting below v another value.
func changeEverything(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			changeEverything(v.Field(i))
		}
	case reflect.Slice:
		for i := range v.Len() {
			changeEverything(v.Index(i))
		}
		if v.Type().Elem().Kind() == reflect.String {
			v.Set(reflect.Append(v, reflect.New(v.Type().Elem()).Elem()))
		}
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1_000_000_007)
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(v.Uint() + 1)
	}
}
