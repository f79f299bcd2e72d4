import { describe, expect, it } from "vitest";
import { ConfigError, DEFAULT_CONFIG } from "../src/config.js";
import { envName, FLAGS, helpText, parseConfig } from "../src/flags.js";
import { networkOf, prefixOf } from "../src/address.js";

describe("settings", () => {
  it("are the defaults when nothing is given", () => {
    expect(parseConfig([], {})).toEqual(DEFAULT_CONFIG);
  });

  it("come from flags, then from the environment", () => {
    const config = parseConfig(["--port", "1", "--allow-origin", "https://a.example, http://localhost:5173", "--polling"], {
      SHOAL_PORT: "2", SHOAL_MAX_PEERS: "50", SHOAL_STAT_INTERVAL: "5", SHOAL_TRUST_PROXY: "true", SHOAL_HOST: "",
      SHOAL_ICE_SERVERS: '[{"urls":["stun:s.example"]},{"urls":"turn:t.example","username":"u","credential":"c"}]',
    });
    expect(config).toMatchObject({
      port: 1, allowOrigins: ["https://a.example", "http://localhost:5173"], polling: true, trustProxy: true, host: undefined,
      statIntervalMs: 5000, limits: { peersPerSwarm: 50 },
    });
    expect(config?.iceServers).toHaveLength(2);
  });

  it.each([
    [["--port", "65536"]], [["--port", "-1"]], [["--port", "8e3"]], [["--port", ""]], [["--nonsense"]], [["stray"]], [["--port"]], [["--stat-interval", "0"]],
    [["--allow-origin", "example.org"]], [["--allow-origin", "https://example.org/path"]], [["--ice-servers", "stun:x"]],
    [["--ice-servers", '[{"urls":"http://x"}]']], [["--ice-servers", '{"urls":"stun:x"}']], [["--ice-servers", '[{"urls":[]}]']],
  ])("refuse %j with one sentence", (argv) => {
    expect(() => parseConfig(argv, {})).toThrow(ConfigError);
    expect(() => parseConfig(argv, {})).toThrow(/^[^\n]{10,300}\.$/);
  });

  it("name the variable that is wrong", () => {
    expect(() => parseConfig([], { SHOAL_MAX_PEERS: "many" })).toThrow(/^SHOAL_MAX_PEERS takes a whole number/);
    expect(() => parseConfig([], { SHOAL_POLLING: "maybe" })).toThrow(/^SHOAL_POLLING takes true or false/);
  });

  it("are all in the help", () => {
    expect(parseConfig(["--help"], {})).toBeUndefined();
    for (const flag of FLAGS) expect(helpText()).toContain(`--${flag.name}`);
    expect(envName("max-swarms-per-connection")).toBe("SHOAL_MAX_SWARMS_PER_CONNECTION");
  });
});

it.each([
  ["192.0.2.7", "192.0.2.7"], ["::ffff:192.0.2.7", "192.0.2.7"], ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"], ["2001:db8::1", "2001:db8:0:0"],
  ["2001:0db8:0000:0000::9", "2001:db8:0:0"], ["::1", "0:0:0:0"], ["fe80::1%eth0", "fe80:0:0:0"],
])("connections from %s are counted as %s", (address, network) => expect(networkOf(address)).toBe(network));

it.each([
  ["192.0.2.7", "192.0.2"], ["::ffff:192.0.2.7", "192.0.2"], ["2001:db8:1:2::5", "2001:db8:1"], ["::1", "0:0:0"], ["unknown", "unknown"],
])("%s is on the network %s", (address, prefix) => expect(prefixOf(networkOf(address))).toBe(prefix));
