package configs

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// document returns the mapping that data consists of, or nil after reporting why there is none.
func document(r *report, data []byte) *yaml.Node {
	if len(data) > MaxFileSize {
		r.at(0, "", "the file is larger than 1 MiB", "is it the right file?")
		return nil
	}
	if !characters(r, data) {
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) || err == nil && isNull(doc.Content[0]) {
		r.at(1, "", "the file is empty", "begin with foundation, state_dir and databases as in the sample wcded.yaml")
		return nil
	}
	if err != nil {
		syntax(r, data, err)
		return nil
	}
	var second yaml.Node
	if err := dec.Decode(&second); err == nil {
		r.at(second.Line, "", "a second YAML document begins here", "keep one and remove the line ---")
	} else if !errors.Is(err, io.EOF) {
		syntax(r, data, err)
	}
	if root := doc.Content[0]; root.Kind != yaml.MappingNode {
		r.at(root.Line, "", "the file is "+kindOf(root)+" instead of keys with values",
			"begin with foundation, state_dir and databases as in the sample wcded.yaml")
		return nil
	}
	return doc.Content[0]
}

// characters reports bytes that have no place in a configuration. The YAML library would refuse most of them too,
// but without a line.
func characters(r *report, data []byte) bool {
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		text := strings.TrimLeft(line, " \t")
		switch {
		case !utf8.ValidString(line):
			r.at(i+1, "", "the line is not UTF-8 text", "save the file as UTF-8")
		case strings.ContainsFunc(line, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }):
			r.at(i+1, "", "the line has a control character", "remove it; an editor that shows it helps")
		case text != "" && strings.Contains(line[:len(line)-len(text)], "\t"):
			r.at(i+1, "", "the line is indented with a tab", "use spaces")
		}
	}
	return len(r.errs) == 0
}

// syntax reports an error of the YAML library.
func syntax(r *report, data []byte, err error) {
	m := yamlError.FindStringSubmatch(err.Error())
	line, _ := strconv.Atoi(m[1])
	if n := brokenLine(data); n > 0 {
		line = n
	}
	if strings.HasPrefix(m[2], "unknown anchor") { // and then its name, which may be a password without quotes
		r.at(max(line, 1), "", "anchors and aliases (& and *) are not accepted",
			"write the value out, or put a text that begins with * into quotes")
		return
	}
	r.at(max(line, 1), "", "this is not YAML: "+m[2],
		"look here and below for a wrong indentation, a missing colon, quote or bracket")
}

var yamlError = regexp.MustCompile(`^(?:yaml: )?(?:line (\d+): )?((?s:.*))$`)

// brokenLine returns the line after the longest beginning of data that is YAML, which is where a person has to look.
// The library's own line is often that of the section around, and missing for the first line. As every line costs a
// parse, 0 is returned for what is far longer than a configuration.
func brokenLine(data []byte) int {
	lines := bytes.SplitAfter(data, []byte("\n"))
	if len(data) > 32<<10 || len(lines) > 1000 {
		return 0
	}
	for n := len(lines) - 1; n > 0; n-- {
		if isYAML(bytes.Join(lines[:n], nil)) {
			return n + 1
		}
	}
	return 1
}

func isYAML(data []byte) bool {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		var doc yaml.Node
		if err := dec.Decode(&doc); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}
