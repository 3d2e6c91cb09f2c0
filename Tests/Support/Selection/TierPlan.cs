namespace ChunkUpload.Tests.Support.Selection;

/// <summary>
/// Tests/tiers.list: which tests are the core, which <c>./tools/test</c> runs, and which belong to one of the numbered shards that
/// <c>tools/check</c> runs in turn.
/// </summary>
internal sealed class TierPlan
{
    public const string Core = "core";

    private const string Namespace = "ChunkUpload.Tests.";

    private readonly Dictionary<string, Place> _classes = new(StringComparer.Ordinal);

    /// <summary>The plan beside the tests, which a run uses.</summary>
    public static TierPlan Own { get; } = Parse(File.ReadLines(Path.Combine(AppContext.BaseDirectory, "tiers.list")));

    /// <summary>Full names of the classes, each with its tier and with the methods of a shard's class that belong to the core.</summary>
    public IReadOnlyDictionary<string, Place> Classes => _classes;

    /// <exception cref="FormatException">A line is no entry, or a class occurs twice.</exception>
    public static TierPlan Parse(IEnumerable<string> lines)
    {
        var plan = new TierPlan();
        Place? last = null;
        foreach (var line in lines)
        {
            if (string.IsNullOrWhiteSpace(line) || line[0] == '#')
                continue;
            if (line[0] == ' ')
            {
                if (last is null || last.Tier == Core || !last.CoreMethods.Add(line.Trim()))
                    throw new FormatException($"tiers.list: \"{line}\" does not follow the class of a shard, or occurs twice.");
                continue;
            }

            var words = line.Split(' ');
            if (words.Length != 2 || (words[0] != Core && !IsShard(words[0])))
                throw new FormatException($"tiers.list: \"{line}\" is not \"core CLASS\" or \"SHARD CLASS\".");
            last = new Place(words[0], []);
            if (!plan._classes.TryAdd(Namespace + words[1], last))
                throw new FormatException($"tiers.list: {words[1]} occurs twice.");
        }

        return plan;
    }

    /// <summary>The tier of a test; <see cref="Core"/> for a class that the plan lacks, so that it runs until it is added.</summary>
    public string TierOf(string className, string method) =>
        !_classes.TryGetValue(className, out var place) || place.CoreMethods.Contains(method) ? Core : place.Tier;

    private static bool IsShard(string word) => int.TryParse(word, out var number) && number > 0;

    /// <param name="Tier"><see cref="TierPlan.Core"/>, or a shard's number.</param>
    /// <param name="CoreMethods">The methods of a shard's class that run with the core instead.</param>
    internal sealed record Place(string Tier, HashSet<string> CoreMethods);
}
