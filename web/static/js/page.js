// What every page runs. Each module looks for its own elements and does nothing where there are none.
import "./times.js";
import "./copy.js";
import "./forms.js";
import "./scroll.js";
import "./typing.js";
import "./composer.js";
import "./attach.js";
import "./panel.js";
import "./palette.js";
import "./stream.js";
import "./tree.js";
import "./demo.js";
import "./approvals.js";
