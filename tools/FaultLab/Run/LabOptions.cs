using System.Globalization;
using ChunkUpload.FaultLab.Tests;

namespace ChunkUpload.FaultLab.Run;

internal enum LabSize
{
    Ci = 1,
    Soak,
}

/// <summary>The parsed command line.</summary>
internal sealed record LabOptions
{
    public const string Usage = """
        usage: lab <test ...|ci|all> [--seed N] [--size ci|soak] [--count N] [--from N] [--jobs N] [--folder DIR] [--keep]

          ci            the tests of the CI lane, at their CI size
          all           every test
          --seed N      repeats the choices of an earlier run; what the scheduler does is not repeated
          --size        ci (default) or soak
          --count N     instead of the size's own number of faults
          --from N      for upgrade: kills before the N-th request and those behind it, one by one
          --jobs N      so many tests at a time (1)
          --folder DIR  where data and logs lie during a run; a fresh folder within it is made and removed
          --keep        leaves that folder behind

        The last line is "N passed, N failed". Exit code 0: all hold; 1: one does not; 2: nothing could be run.

        """;

    public required IReadOnlyList<IFaultTest> Tests { get; init; }
    public string Root { get; init; } = "";
    public int Seed { get; init; } = Random.Shared.Next(1, 1_000_000);
    public LabSize Size { get; init; } = LabSize.Ci;
    public int? Count { get; init; }
    public int? From { get; init; }
    public int Jobs { get; init; } = 1;
    public string Folder { get; init; } = Path.GetTempPath();
    public bool Keep { get; init; }

    /// <exception cref="LabException">An argument is not valid.</exception>
    public static LabOptions Parse(IReadOnlyList<string> args)
    {
        var tests = new List<IFaultTest>();
        var options = new LabOptions { Tests = tests };
        for (var index = 0; index < args.Count; index++)
        {
            var arg = args[index];
            options = arg switch
            {
                "--root" => options with { Root = Value() },
                "--seed" => options with { Seed = Number(Value()) },
                "--size" => options with { Size = SizeOf(Value()) },
                "--count" => options with { Count = Number(Value()) },
                "--from" => options with { From = Number(Value()) },
                "--jobs" => options with { Jobs = Number(Value()) },
                "--folder" => options with { Folder = Path.GetFullPath(Value()) },
                "--keep" => options with { Keep = true },
                _ => Named(arg),
            };

            string Value() => ++index < args.Count ? args[index] : throw new LabException($"{arg} needs a value.");
        }

        return tests.Count > 0 ? options : throw new LabException("Name a test, ci or all; --help lists them.");

        LabOptions Named(string arg)
        {
            var found = Programme.All.Where(test => arg == "all" || (arg == "ci" && test.InCi) || arg == test.Name
                || string.Equals(arg, test.Number, StringComparison.OrdinalIgnoreCase)).ToList();
            if (found.Count == 0)
                throw new LabException($"\"{arg}\" is not understood; --help lists what is.");
            tests.AddRange(found.Except(tests));
            return options;
        }
    }

    private static LabSize SizeOf(string text) => text switch
    {
        "ci" => LabSize.Ci,
        "soak" => LabSize.Soak,
        _ => throw new LabException($"\"{text}\" is not a size: ci or soak."),
    };

    private static int Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? value
            : throw new LabException($"\"{text}\" is not a number from 1 on.");
}
