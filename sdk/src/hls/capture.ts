import type Hls from "hls.js";
import type { FragmentLoaderConstructor, HlsConfig } from "hls.js";
import type { FragmentLoaderHost } from "./fragment-loader.js";
import { FragmentLoader } from "./fragment-loader.js";

type ControllerConstructor = NonNullable<HlsConfig["fpsController"]>;

/** Marks our own class, in case a page makes our configuration hls.js's default one. */
const CAPTURES = new WeakSet<object>();

/**
 * A class for `config.fpsController` that shows every Hls instance made with the configuration to `onHls`, and otherwise is
 * the controller that the instance would have had. hls.js gives a loader its config but not its instance; of the controllers
 * it makes from the configuration this one is in the full and the light build alike, comes before the playlist loader
 * listens, and has the smallest surface. No hls.js is imported for it at run time.
 */
export function captureController(userController: HlsConfig["fpsController"], replaces: boolean, onHls: (hls: Hls) => void): ControllerConstructor {
  const Capture = function (hls: Hls) {
    try {
      onHls(hls);
    } catch {
      // An Hls instance that Shoal does not know plays like plain hls.js; one whose constructor throws does not play.
    }
    const defaults = (hls.constructor as typeof Hls).DefaultConfig.fpsController;
    const Controller = replaces ? userController : defaults && CAPTURES.has(defaults) ? undefined : defaults;
    return Controller ? new Controller(hls) : { setStreamController() {}, destroy() {} };
  };
  CAPTURES.add(Capture);
  return Capture as unknown as ControllerConstructor;
}

/** A class for `config.fLoader`, bound to its host; hls.js calls it with `new` and the instance's config. */
export function fragmentLoaderConstructor(host: FragmentLoaderHost): FragmentLoaderConstructor {
  return FragmentLoader.bind(null, host) as FragmentLoaderConstructor;
}
