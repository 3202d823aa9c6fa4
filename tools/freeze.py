"""Write which commit froze the fitted parameters: run after committing `src/osteoaxis/fitted`.

python tools/freeze.py
"""

import subprocess

from osteoaxis.inference.validation import FROZEN, digest

commit = subprocess.run(
    ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
).stdout.strip()
FROZEN.write_text(f'commit = "{commit}"\nsha256 = "{digest()}"\n', encoding="utf-8")
print(FROZEN.read_text(encoding="utf-8"))
