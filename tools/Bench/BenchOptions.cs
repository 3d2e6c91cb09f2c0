using System.Globalization;

namespace ChunkUpload.Bench;

/// <summary>The parsed command line. Each benchmark has its own defaults.</summary>
internal sealed record BenchOptions
{
    public const string Usage = """
        usage: bench <name ...|all> [--runs N] [--size SIZE] [--chunk SIZE] [--chunks N] [--connections N] [--folder DIR]
                     [--traces DIR] [--set Section:Name=value ...] [--json]
               bench peers [--scenarios A,B] [--peers ours,floor+sha] [--rounds N] [--scale X] [--from FILE] [--output FILE]

          --runs N          how often each figure is measured; the median counts
          --size SIZE       the file's size, such as 10GiB (memory: the larger one)
          --chunk SIZE      the chunks' size, such as 8MiB
          --chunks N        how many chunks a session has (status, growth)
          --uploads N       how many uploads the ledger has in the end (growth); over how many networks one goes (client); how many slow
                            streams there are (bucket)
          --before DIR      a checkout of an earlier version, whose service runs in turn with this one's (peers, start)
          --connections N   chunks sent at a time (group: always 16)
          --folder DIR      where the service's data lies during a run; a fresh folder within it is made and removed
          --traces DIR      recorded networks (client); without them synthetic ones
          --set K=value     a setting of the service
          --json            the figures as JSON
          --scenarios LIST  which loads (peers), which parts (nodes, bucket), parts of the names of networks (client); all where it is not
                            given
          --peers LIST      which servers (peers)
          --rounds N        the same as --runs
          --scale X         a part of each load, such as 0.25 (peers)
          --from FILE       measures nothing: the tables of single runs that were kept (peers), such as artifacts/peers.jsonl
          --output FILE     where the tables are written (peers), between their marks if the file has them; every single run is in
                            artifacts/peers.jsonl
          --record          the ratios of quick become the recorded ones

        Exit code 0: every goal is met; 1: one is not; 2: it could not be measured; 3: not on this machine (peers, quick,
        http2, group, nodes and bucket need root, loop devices and a mounted cgroup2; transfers needs root, a cgroup2 and
        rclone).

        """;

    public required IReadOnlySet<string> Names { get; init; }
    public required string Root { get; init; }
    public int? Runs { get; init; }
    public long? Size { get; init; }
    public int? Chunk { get; init; }
    public int? Chunks { get; init; }
    public int? Uploads { get; init; }
    public int Connections { get; init; } = 8;
    public string Folder { get; init; } = Path.GetTempPath();
    public string? Traces { get; init; }
    public string? Before { get; init; }
    public IReadOnlyList<string> Settings { get; init; } = [];
    public bool Json { get; init; }
    public IReadOnlyList<string> Scenarios { get; init; } = [];
    public IReadOnlyList<string> Peers { get; init; } = [];
    public double Scale { get; init; } = 1;
    public string? From { get; init; }
    public string? Output { get; init; }
    public bool Record { get; init; }

    /// <summary>Environment variables for the service, besides those of the bench.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <exception cref="BenchException">An argument is not valid.</exception>
    public static BenchOptions Parse(IReadOnlyList<string> args, IReadOnlyList<string> known, IReadOnlyList<string> inAll)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var settings = new List<string>();
        var options = new BenchOptions { Names = names, Root = "", Settings = settings };
        for (var index = 0; index < args.Count; index++)
        {
            var arg = args[index];
            options = arg switch
            {
                "--json" => options with { Json = true },
                "--record" => options with { Record = true },
                "--root" => options with { Root = Value() },
                "--runs" or "--rounds" => options with { Runs = Count(Value()) },
                "--scenarios" => options with { Scenarios = Value().Split(',') },
                "--peers" => options with { Peers = Value().Split(',') },
                "--scale" => options with { Scale = Part(Value()) },
                "--from" => options with { From = Path.GetFullPath(Value()) },
                "--output" => options with { Output = Path.GetFullPath(Value()) },
                "--size" => options with { Size = Bytes(Value()) },
                "--chunk" => options with { Chunk = checked((int)Bytes(Value())) },
                "--uploads" => options with { Uploads = Count(Value()) },
                "--chunks" => options with { Chunks = Count(Value()) },
                "--connections" => options with { Connections = Count(Value()) },
                "--traces" => options with { Traces = Path.GetFullPath(Value()) },
                "--before" => options with { Before = Path.GetFullPath(Value()) },
                "--folder" => options with { Folder = Path.GetFullPath(Value()) },
                "--set" => Set(Value()),
                _ => Name(arg),
            };

            string Value() => ++index < args.Count ? args[index] : throw new BenchException($"{arg} needs a value.");
        }

        return names.Count > 0 ? options : throw new BenchException("Name a benchmark, or all; --help lists them.");

        BenchOptions Set(string value)
        {
            settings.Add("--" + value);
            return options;
        }

        BenchOptions Name(string arg)
        {
            if (arg == "all")
                names.UnionWith(inAll);
            else if (known.Contains(arg))
                _ = names.Add(arg);
            else
                throw new BenchException($"\"{arg}\" is not understood; --help lists what is.");
            return options;
        }
    }

    /// <summary>The parts of a benchmark that <c>--scenarios</c> names, or all.</summary>
    /// <exception cref="BenchException">One is not known.</exception>
    public IReadOnlyList<string> Parts(IReadOnlyList<string> known) =>
        Scenarios.FirstOrDefault(part => !known.Contains(part)) is { } unknown
            ? throw new BenchException($"\"{unknown}\" is none of {string.Join(", ", known)}.")
            : Scenarios.Count == 0 ? known : Scenarios;

    private static int Count(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new BenchException($"\"{text}\" is not a count.");

    private static double Part(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1
            ? value
            : throw new BenchException($"\"{text}\" is not a part such as 0.25.");

    private static long Bytes(string text)
    {
        var digits = text.TakeWhile(char.IsAsciiDigit).Count();
        var shift = text[digits..].ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KIB" => 10,
            "M" or "MIB" => 20,
            "G" or "GIB" => 30,
            _ => -1,
        };
        return shift >= 0 && long.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value << shift
            : throw new BenchException($"\"{text}\" is not a size such as 8MiB or 10GiB.");
    }
}
