using System.Globalization;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>A folder with PostgreSQL's server programs, and their major version.</summary>
internal sealed record PostgresPrograms(string Directory, int Major)
{
    public const int OldestMajor = 15;

    private const string DebianRoot = "/usr/lib/postgresql";
    private const string OtherWays = "set Database:BinDirectory to where they are, or ConnectionStrings:Ledger to a server of your own";

    public string Postgres => Path.Combine(Directory, "postgres");

    public string InitDb => Path.Combine(Directory, "initdb");

    /// <param name="directory">The configured folder, or null to search for one.</param>
    /// <param name="clusterMajor">The major version of the existing cluster. Programs of this version are preferred, because no others can
    /// run it.</param>
    public static async Task<PostgresPrograms> FindAsync(string? directory, int? clusterMajor, CancellationToken cancellationToken)
    {
        PostgresPrograms? newest = null;
        foreach (var candidate in Folders(directory))
        {
            if (!AreIn(candidate) || await MajorOfAsync(candidate, cancellationToken) is not { } major)
                continue;
            if (major == clusterMajor)
                return new PostgresPrograms(candidate, major);
            if (newest is null || major > newest.Major)
                newest = new PostgresPrograms(candidate, major);
        }

        if (newest is null)
            throw new StartRefusedException($"PostgreSQL's server programs were not "
                + $"found{(directory is null ? "" : " in " + directory)}: install them (version {OldestMajor} or newer; on Debian the "
                    + $"package postgresql), {OtherWays}.");
        if (clusterMajor is null && newest.Major < OldestMajor)
            throw new StartRefusedException($"The PostgreSQL in {newest.Directory} is version {newest.Major} and ChunkUpload needs "
                + $"{OldestMajor} or newer: install a newer one, {OtherWays}.");
        return newest;
    }

    public static bool AreIn(string directory) =>
        File.Exists(Path.Combine(directory, "postgres")) && File.Exists(Path.Combine(directory, "initdb"));

    /// <summary>The folders to look in: the configured one, or Debian's, newest first, and those of PATH.</summary>
    public static IEnumerable<string> Folders(string? directory)
    {
        if (directory is not null)
            return [directory];
        var debian = System.IO.Directory.Exists(DebianRoot) ? System.IO.Directory.GetDirectories(DebianRoot) : [];
        Array.Sort(debian, (one, other) => (Leading(Path.GetFileName(other)) ?? 0).CompareTo(Leading(Path.GetFileName(one)) ?? 0));
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        return debian.Select(version => Path.Combine(version, "bin")).Concat(path).Where(Path.IsPathRooted).Distinct();
    }

    private static async Task<int?> MajorOfAsync(string directory, CancellationToken cancellationToken)
    {
        // On Debian the folder's name has the version, which saves a process at every start.
        if (Path.GetDirectoryName(Path.GetDirectoryName(directory)) == DebianRoot)
            return Leading(Path.GetFileName(Path.GetDirectoryName(directory))!);

        var answer = await Command.RunAsync(Path.Combine(directory, "postgres"), ["-V"], account: null, cancellationToken);
        return answer.Succeeded ? Leading(answer.Output[(answer.Output.IndexOf(')', StringComparison.Ordinal) + 1)..].Trim()) : null;
    }

    private static int? Leading(string text)
    {
        var digits = text.AsSpan();
        var length = digits.IndexOfAnyExceptInRange('0', '9');
        return int.TryParse(length < 0 ? digits : digits[..length], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : null;
    }
}
