using System.Globalization;

namespace ChunkUpload.AdvisorLab;

/// <summary>The parsed command line.</summary>
internal sealed record LabOptions
{
    public const string Usage = """
        usage: lab simulate [--traces DIR] [--scenarios N] [--seeds N] [--seed N] [--json OUT] [--workers N] [--by] [--calm]
               lab plot     [--traces DIR] [--trace NAME] [--seed N] [--out DIR]
               lab live     [--traces DIR] [--count N] [--seconds N] [--seed N]
               lab where    [--traces DIR] [--scenarios N] [--seeds N] [--seed N]
               lab tune     [--traces DIR] [--scenarios N] [--seeds N] [--seed N]
               lab cost

          simulate        every sender through the same scenarios: the table of goals and how each sender did
          plot            one upload over one trace, as SVG: link and goodput, advised sizes, breaks
          live            the real service and a real client over emulated networks in real time, beside the simulator; the tiers too where
                          the network drops every 5 or 10 s
          where           what the time goes into where the network drops every 5 or 10 s
          tune            tries the adaptive policy's figures one by one
          cost            time and allocation per outcome and advice

          --traces DIR    recorded networks; without it synthetic ones are made
          --scenarios N   uploads (1500)
          --seeds N       repetitions of each, with other drops (8)
          --seed N        everything follows from it (1)
          --json OUT      the rows by name, also written there
          --workers N     threads (all cores); the result does not depend on it
          --calm          scenarios of which one in eight drops every ten seconds, instead of one in three
          --by            how the figures differ by rate, round trip, drops and so on
          --trace NAME    begins with that (the first one)
          --count N       uploads over as many different networks (12), three at a time
          --seconds N     each takes from 60 to that many at the link's full rate (90)
          --out DIR       where the pictures go (here)
        """;

    public required string Verb { get; init; }
    public string? Traces { get; init; }
    public int Scenarios { get; init; } = 1500;
    public int Seeds { get; init; } = 8;
    public ulong Seed { get; init; } = 1;
    public string? Json { get; init; }
    public int Workers { get; init; } = Environment.ProcessorCount;
    public bool By { get; init; }
    public bool Calm { get; init; }
    public string? Trace { get; init; }
    public string Out { get; init; } = ".";
    public int Count { get; init; } = 12;
    public double Seconds { get; init; } = 90;
    public string Root { get; init; } = ".";

    /// <exception cref="LabException">An argument is not valid.</exception>
    public static LabOptions Parse(IReadOnlyList<string> args)
    {
        var options = new LabOptions { Verb = args[0] };
        for (var index = 1; index < args.Count; index++)
        {
            var arg = args[index];
            options = arg switch
            {
                "--traces" => options with { Traces = Value() },
                "--scenarios" => options with { Scenarios = CountOf(Value()) },
                "--seeds" => options with { Seeds = CountOf(Value()) },
                "--seed" => options with { Seed = Number(Value()) },
                "--json" => options with { Json = Value() },
                "--workers" => options with { Workers = CountOf(Value()) },
                "--calm" => options with { Calm = true },
                "--by" => options with { By = true },
                "--trace" => options with { Trace = Value() },
                "--out" => options with { Out = Value() },
                "--count" => options with { Count = CountOf(Value()) },
                "--seconds" => options with { Seconds = Math.Max(60, CountOf(Value())) },
                "--root" => options with { Root = Value() },
                _ => throw new LabException($"\"{arg}\" is not understood; --help lists what is."),
            };

            string Value() => ++index < args.Count ? args[index] : throw new LabException($"{arg} needs a value.");
        }

        return options;
    }

    private static int CountOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1_000_000
            ? value
            : throw new LabException($"\"{text}\" is not a count.");

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new LabException($"\"{text}\" is not a whole number.");
}
