# walk.awk - questions and replies from tshark's fields (see `demo`) as lines that a person reads.
# -v from=NUMBER: only frames after it; -v names=FILE: lines of address and name.

BEGIN {
	while ((getline line < names) > 0) {
		split(line, part, " ")
		known[part[1]] = known[part[1]] " " part[2]
	}
	type["1"] = "A"; type["2"] = "NS"; type["12"] = "PTR"; type["28"] = "AAAA"
	type["43"] = "DS"; type["48"] = "DNSKEY"; type["65"] = "HTTPS"
}

# An address may have several names: the one that a referral has brought us to.
function server(address,    names_of, count, i) {
	count = split(known[address], names_of, " ")
	for (i = 1; i <= count; i++)
		if (names_of[i] in referred)
			return names_of[i] " (" address ")"
	return (count > 0 ? names_of[1] : "?") " (" address ")"
}

function outcome(    servers, count, i) {
	if ($11 == "3")
		return "no such name"
	if ($9 > 0)
		return "the answer"
	if ($12 == "" || $10 == "1" || $10 == "True")
		return "nothing of that type"
	count = split(tolower($12), servers, ",")
	for (i = 1; i <= count; i++)
		referred[servers[i] "."] = 1
	return "a referral to " tolower($12)
}

$1 <= from { next }
$2 == "0" || $2 == "False" {
	asked[$13] = sprintf("%-6s %-22s %s", (($8 in type) ? type[$8] : "TYPE" $8), $7, server($5 $6))
}
($2 == "1" || $2 == "True") && $13 in asked {
	printf "    %s\n    %29s %s\n", asked[$13], "", outcome()
	delete asked[$13]
}
END {
	for (id in asked)
		printf "    %s\n    %29s no reply\n", asked[id], ""
}
