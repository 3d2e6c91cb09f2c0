using System.Globalization;

namespace ChunkUpload.AdvisorLab;

/// <summary>The parsed command line.</summary>
internal sealed record LabOptions
{
    public const string Usage = """
        usage: lab simulate [--traces DIR] [--scenarios N] [--seeds N] [--seed N] [--json OUT] [--workers N] [--by] [--calm]

          simulate        every sender through the same scenarios: the table of goals and how each sender did

          --traces DIR    recorded networks; without it synthetic ones are made
          --scenarios N   uploads (1500)
          --seeds N       repetitions of each, with other drops (8)
          --seed N        everything follows from it (1)
          --json OUT      the rows by name, also written there
          --workers N     threads (all cores); the result does not depend on it
          --calm          scenarios of which one in eight drops every ten seconds, instead of one in three
          --by            how the figures differ by rate, round trip, drops and so on
        """;

    public string? Traces { get; init; }
    public int Scenarios { get; init; } = 1500;
    public int Seeds { get; init; } = 8;
    public ulong Seed { get; init; } = 1;
    public string? Json { get; init; }
    public int Workers { get; init; } = Environment.ProcessorCount;
    public bool By { get; init; }
    public bool Calm { get; init; }

    /// <exception cref="LabException">An argument is not valid.</exception>
    public static LabOptions Parse(IReadOnlyList<string> args)
    {
        if (args[0] != "simulate")
            throw NotUnderstood(args[0]);
        var options = new LabOptions();
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
                _ => throw NotUnderstood(arg),
            };

            string Value() => ++index < args.Count ? args[index] : throw new LabException($"{arg} needs a value.");
        }

        return options;
    }

    private static LabException NotUnderstood(string text) => new($"\"{text}\" is not understood; --help lists what is.");

    private static int CountOf(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value is > 0 and <= 1_000_000
            ? value
            : throw new LabException($"\"{text}\" is not a count.");

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new LabException($"\"{text}\" is not a whole number.");
}
