package configs

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

const (
	maxList   = 256  // entries in a list
	maxScalar = 4096 // bytes in a value
)

// decoder walks a document along our types. The types bound its depth, not the document.
type decoder struct {
	*report
}

// decode reads n into v, which is the field at the path field.
func (d *decoder) decode(n *yaml.Node, v reflect.Value, field string) {
	if _, ok := d.lines[field]; !ok {
		d.lines[field] = n.Line
	}
	if msg, hint := unwelcome(n); msg != "" {
		d.at(n.Line, field, msg, hint)
		d.bad[field] = true // also if it is the whole document: nothing below was read
		return
	}
	if s, ok := v.Addr().Interface().(interface{ setDefaults() }); ok {
		s.setDefaults()
	}
	switch _, text := v.Addr().Interface().(encoding.TextUnmarshaler); {
	case !text && v.Kind() == reflect.Struct:
		d.section(n, v, field)
	case v.Kind() == reflect.Slice:
		d.list(n, v, field)
	case n.Kind != yaml.ScalarNode:
		d.at(n.Line, field, "is "+kindOf(n)+" instead of one value", "write a single value")
	default:
		d.scalar(n, v, field)
	}
}

// unwelcome says why a node is not accepted whatever its value, or returns "".
func unwelcome(n *yaml.Node) (msg, hint string) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return "anchors and aliases (& and *) are not accepted", "write the value out"
	case n.Style&yaml.TaggedStyle != 0:
		return "tags (!) are not accepted", "write the value alone"
	case isNull(n):
		return "has no value", "write one, or remove the line"
	}
	return "", ""
}

// section reads the keys of a mapping into the fields of a struct.
func (d *decoder) section(n *yaml.Node, v reflect.Value, field string) {
	keys := keysOf(v.Type())
	if n.Kind != yaml.MappingNode {
		d.at(n.Line, field, "is "+kindOf(n)+" instead of keys with values", "the keys here are "+strings.Join(keys, ", "))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		path := join(field, printable(key.Value))
		first, twice := seen[key.Value]
		switch {
		case key.Kind != yaml.ScalarNode || key.Anchor != "" || key.Style&yaml.TaggedStyle != 0:
			d.at(key.Line, field, "a key must be a plain word", "the keys here are "+strings.Join(keys, ", "))
			continue
		case twice:
			d.at(key.Line, path, fmt.Sprintf("is given twice, first in line %d", first), "keep one of the two")
			continue
		}
		seen[key.Value] = key.Line
		index := slices.Index(keys, key.Value)
		if index < 0 {
			d.unknown(key, field, keys)
			continue
		}
		d.lines[path] = key.Line
		d.decode(value, v.Field(index), path)
	}
}

// unknown reports a key that does not exist, and never says its value.
func (d *decoder) unknown(key *yaml.Node, field string, keys []string) {
	path := join(field, printable(key.Value))
	meant := closest(key.Value, keys)
	switch {
	case key.Value == "<<":
		d.at(key.Line, field, "merge keys (<<) are not accepted", "write the values out")
	case key.Value == "password" && slices.Index(keys, "password_file") >= 0:
		d.at(key.Line, path, "a password is never written in this file",
			"put it in a file of its own and write password_file: NAME")
		d.bad[join(field, "password_file")] = true
	case meant != "":
		d.at(key.Line, path, "unknown key", "did you mean "+meant+"?")
		d.bad[join(field, meant)] = true // so that it is not reported missing as well
	default:
		d.at(key.Line, path, "unknown key", "the keys here are "+strings.Join(keys, ", "))
	}
}

// list reads a sequence into a slice; what the slice held by default is gone then.
func (d *decoder) list(n *yaml.Node, v reflect.Value, field string) {
	if n.Kind != yaml.SequenceNode {
		d.at(n.Line, field, "is "+kindOf(n)+" instead of a list", "write a list, such as [a, b] or lines that begin with -")
		return
	}
	if len(n.Content) > maxList {
		d.at(n.Line, field, fmt.Sprintf("has %d entries", len(n.Content)), fmt.Sprintf("%d is the most", maxList))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, item := range n.Content {
		d.decode(item, v.Index(i), fmt.Sprintf("%s[%d]", field, i))
	}
}

// scalar reads a single value.
func (d *decoder) scalar(n *yaml.Node, v reflect.Value, field string) {
	if len(n.Value) > maxScalar {
		d.at(n.Line, field, "is too long", fmt.Sprintf("%d bytes are the most", maxScalar))
		return
	}
	if n.Value == "" {
		d.at(n.Line, field, "is empty", "write a value, or remove the line")
		return
	}
	if strings.ContainsFunc(n.Value, func(c rune) bool { return !unicode.IsPrint(c) }) {
		d.at(n.Line, field, "has a line break or another character that is not printable", "write it on one line, without")
		return
	}
	if t, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if err := t.UnmarshalText([]byte(n.Value)); err != nil {
			var e *Error
			if !errors.As(err, &e) {
				e = &Error{Msg: err.Error()}
			}
			d.at(n.Line, field, e.Msg, e.Hint)
		}
		return
	}
	quoted := n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0
	switch v.Kind() {
	case reflect.Bool:
		if quoted || n.Value != "true" && n.Value != "false" {
			d.at(n.Line, field, fmt.Sprintf("%.40q is neither true nor false", n.Value), "write true or false, without quotes")
			return
		}
		v.SetBool(n.Value == "true")
	case reflect.Int, reflect.Uint32:
		i, err := strconv.ParseUint(n.Value, 10, 32)
		if err != nil || quoted || strconv.FormatUint(i, 10) != n.Value {
			d.at(n.Line, field, fmt.Sprintf("%.40q is not a whole number", n.Value), "write digits only, such as 4")
			return
		}
		v.Set(reflect.ValueOf(i).Convert(v.Type()))
	default:
		v.SetString(n.Value)
	}
}
