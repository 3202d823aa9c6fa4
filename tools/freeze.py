"""Write which commit froze the fitted parameters: run after committing `src/osteoaxis/fitted`.

python tools/freeze.py
"""

import subprocess

from osteoaxis import fitted
from osteoaxis.inference.validation import FROZEN

commit = subprocess.run(
    ["git", "rev-parse", "HEAD"], check=True, capture_output=True, text=True
).stdout.strip()
FROZEN.write_text(f'commit = "{commit}"\nsha256 = "{fitted.digest()}"\n', encoding="utf-8")
print(FROZEN.read_text(encoding="utf-8"))
