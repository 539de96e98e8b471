package configs

import (
	"fmt"
	"slices"
	"strings"
)

// Country is a country's code of two capital letters as in ISO 3166-1 (alpha-2), such as NL.
type Country string

// countries are the officially assigned codes of ISO 3166-1 alpha-2.
const countries = "" +
	"AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW " +
	"BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI " +
	"FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN " +
	"IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME " +
	"MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF " +
	"PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV " +
	"SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE " +
	"YT ZA ZM ZW"

// UnmarshalText accepts the assigned codes.
func (c *Country) UnmarshalText(text []byte) error {
	known := strings.Fields(countries)
	code := string(text)
	if slices.Contains(known, code) {
		*c = Country(code)
		return nil
	}
	hint := "write two capital letters, such as NL"
	if upper := strings.ToUpper(code); slices.Contains(known, upper) {
		hint = "write " + upper
	}
	return &Error{Msg: fmt.Sprintf("%.40q is not a country's code of ISO 3166-1", code), Hint: hint}
}
