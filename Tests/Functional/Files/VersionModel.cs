namespace ChunkUpload.Tests.Functional.Files;

/// <summary>
/// The contents of files in memory, with the rules of docs/versions.md written out anew: which earlier contents a policy keeps, and when
/// the others are let go. Folders are named by their paths; "o:" is the root of another space.
/// </summary>
internal sealed class VersionModel
{
    private const long Hour = 3600;
    private const long Day = 24 * Hour;

    private readonly Dictionary<string, Folder> _folders = new(StringComparer.Ordinal);

    public long Clock { get; private set; }

    public List<File> Files { get; } = [];

    public Folder this[string path] => _folders.TryGetValue(path, out var folder) ? folder : _folders[path] = new Folder(path);

    /// <summary>The rule for a folder, and since when it holds.</summary>
    public (Folder? Source, Policy? Policy, long Since) RuleOf(string folder)
    {
        long since = 0;
        for (string? up = folder; up is not null; up = UpOf(up))
        {
            var node = this[up];
            if (node.Policy is { } policy)
                return (node, policy, Math.Max(since, policy.Set));
            since = Math.Max(since, node.Placed);
        }

        return (null, null, since);
    }

    public static string? UpOf(string folder)
    {
        var cut = folder.LastIndexOf('/');
        if (cut >= 0)
            return folder[..cut];
        var root = folder.StartsWith("o:", StringComparison.Ordinal) ? "o:" : "";
        return folder == root ? null : root;
    }

    public void Pass(TimeSpan time)
    {
        Clock += (long)time.TotalSeconds;
        foreach (var version in Files.SelectMany(file => file.Versions))
            version.Created -= time;
    }

    public void SetPolicy(string folder, Policy? policy)
    {
        var node = this[folder];
        if (policy is null && node.Policy is not null)
            node.Placed = Clock;
        if (policy is null || node.Policy is null || node.Policy with { Set = 0 } != policy with { Set = 0 })
            node.Policy = policy is null ? null : policy with { Set = Clock };
    }

    public void Put(File file, Version next)
    {
        var last = file.Versions[^1];
        last.Replaced = Clock;
        last.IsPlaceholder = last.Content.Length == 0 && last.Subject == next.Subject && last.Age < TimeSpan.FromDays(1);
        file.Versions.Add(next);
    }

    public void Move(File file, string folder)
    {
        file.Placed = PlacedAfter(file.Folder, folder, file.Placed);
        file.Folder = folder;
    }

    public long PlacedAfter(string from, string to, long before) => from == to
        ? before
        : RuleOf(from).Source != RuleOf(to).Source ? Clock : Math.Max(before, RuleOf(from).Since);

    /// <summary>Lets go of what the purge may free now.</summary>
    public void Purge(long keep)
    {
        foreach (var file in Files)
            file.Versions.RemoveAll(Leaving(file, keep).Contains);
    }

    public HashSet<Version> Leaving(File file, long keep)
    {
        var (_, policy, since) = RuleOf(file.Folder);
        since = Math.Max(since, file.Placed);
        var earlier = file.Versions.Where(version => version.Replaced is not null).Reverse().ToList();
        var counted = file.Versions.Where(version => !version.IsPlaceholder && !version.IsGivenUp).Reverse().ToList();
        long bytes = 0;
        var leaving = new HashSet<Version>();
        foreach (var version in earlier)
        {
            var at = version.Replaced!.Value;
            var until = at;
            if (policy is null)
                until = at + keep;
            else if (counted.IndexOf(version) is var place and >= 0)
            {
                var newer = place > 0 ? counted[place - 1] : null;
                if (counted.Take(place + 1).Count(one => one.Replaced is not null) <= policy.Last)
                    until = long.MaxValue;
                if (newer is null || newer.Created.UtcTicks / TimeSpan.TicksPerHour != version.Created.UtcTicks / TimeSpan.TicksPerHour)
                    until = Math.Max(until, at + (policy.Hours * Hour));
                if (newer is null || newer.Created.UtcDateTime.Date != version.Created.UtcDateTime.Date)
                    until = Math.Max(until, at + (policy.Days * Day));
                if (newer is null || MondayOf(newer) != MondayOf(version))
                    until = Math.Max(until, at + (policy.Weeks * 7 * Day));
                if (until > Clock && version.Label is null)
                    bytes += version.Content.Length;
                if (bytes > policy.Bytes)
                    until = at;
            }

            var leaves = Math.Max(until, at + Day);
            if (version.IsLoser)
                leaves = Math.Max(leaves, at + (30 * Day));
            if (at <= since)
                leaves = Math.Max(leaves, since + (7 * Day));
            if (version.IsGivenUp || (version.Label is null && leaves <= Clock))
                leaving.Add(version);
        }

        return leaving;
    }

    private static DateTime MondayOf(Version version)
    {
        var day = version.Created.UtcDateTime.Date;
        return day.AddDays(-(((int)day.DayOfWeek + 6) % 7));
    }

    internal sealed class Folder(string path)
    {
        public string Path => path;

        public Policy? Policy { get; set; }

        /// <summary>The time at which it came below another policy.</summary>
        public long Placed { get; set; }
    }

    internal sealed record Policy(int Last, int Hours, int Days, int Weeks, long? Bytes)
    {
        public long Set { get; init; }
    }

    internal sealed class File(string folder, string name)
    {
        public string Folder { get; set; } = folder;

        public string Name { get; set; } = name;

        public long Placed { get; set; }

        public List<Version> Versions { get; set; } = [];

        public string Path => Folder is "" or "o:" ? Folder + Name : $"{Folder}/{Name}";
    }

    internal sealed class Version(int number, string content, string subject, DateTimeOffset created)
    {
        public int Number => number;

        public string Content => content;

        public string Subject => subject;

        public DateTimeOffset Created { get; set; } = created;

        public TimeSpan Age => TimeProvider.System.GetUtcNow() - Created;

        public long? Replaced { get; set; }

        public string? Label { get; set; }

        public bool IsLoser { get; set; }

        public bool IsPlaceholder { get; set; }

        public bool IsGivenUp { get; set; }
    }
}
