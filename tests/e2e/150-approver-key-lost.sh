#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An approver's key is lost (a disk, a passphrase): releases wait, hosts keep what they run, and another
# key takes its place.
. "${0%/*}/lib.sh"

good_fleet
before=$(fingerprint_of db1/main)

# The loss
rm "$WORK/people/bob/keys/bob.key"
set_memory prod 128mb
submit prod "waits for bob"
approve alice
exits 5 "without his key bob cannot approve" as bob approve "$CHANGE" --yes
is "$(by alice show "$CHANGE" --json | jq -r .state)" open "one of two approvals is no release"
pull db1
is "$STATUS" 0 "hosts go on"
is "$(fingerprint_of db1/main)" "$before" "with what they run"

# The remedy: a new key of bob, in the place of the lost one
must as bob key new bob2 --user bob
bob2=$WORK/people/bob/keys/bob2.pub
exits 2 "an environment is not left with too few approvers" as admin env keys prod --remove bob --out "$WORK/x.proposal"
like "$OUT" "would ask for 2 approvals of 1 approvers" "which the answer says"
exits 3 "nobody is removed who is no approver" as admin env keys prod --remove carol --out "$WORK/x.proposal"
exits 2 "all approvers or some, not both" as admin env keys prod --remove bob --approver "$bob2" --out "$WORK/x.proposal"
must as admin env keys prod --remove bob --add "$bob2" --out "$WORK/next.proposal"
like "$OUT" "prod: REMOVES the key of bob" "the proposal takes the lost key out"
like "$OUT" "prod: ADDS the key of bob" "and the new one in"
unlike "$OUT" "keys must sign instead" "the threshold stays"
like "$OUT" "signs prod/1.json again, unchanged" "the release gets the signatures that it lacks now"
must as alice root sign "$WORK/next.proposal" --yes
must as bob root sign "$WORK/next.proposal" --yes
must by admin root publish "$WORK/next.proposal"
pull db1
is "$STATUS" 0 "hosts follow"
is "$(fingerprint_of db1/main)" "$before" "and nothing moves"
like "$(by alice show "$CHANGE")" "stale" "the open change is submitted again"
submit prod "no longer waits for bob"
approve alice
exits 0 "bob approves with his new key" as bob approve "$CHANGE" --yes
pull db1
is "$(config_of db1/main maxmemory)" 134217728 "the release is installed"
done_testing
