using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// Makes the cluster beside its place and renames it there when it is whole and flushed: a start that is killed leaves no half of one.
/// </summary>
internal static class ClusterMaker
{
    public static async Task MakeAsync(ClusterPlace place, PostgresPrograms programs, CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(place.Directory)!;
        var name = Path.GetFileName(place.Directory);
        foreach (var leftover in Directory.GetDirectories(parent, name + ".new-*"))
            Discard(leftover);

        var fresh = $"{place.Directory}.new-{Guid.NewGuid():n}";
        try
        {
            var made = await InitAsync(fresh, place.Account, programs, "C.UTF-8", cancellationToken);
            if (!made.Succeeded && made.Error.Contains("locale", StringComparison.Ordinal))
                made = await InitAsync(fresh, place.Account, programs, "C", cancellationToken);
            if (!made.Succeeded)
                throw new StartRefusedException($"The private PostgreSQL cluster {place.Directory} could not be made ({made.Complaint}): "
                    + $"mend that, or set ConnectionStrings:Ledger to a server of your own.");

            if (!Paths.RenameNoReplace(fresh, place.Directory))
                throw new StartRefusedException(
                    $"{place.Directory} appeared while the private PostgreSQL cluster was being made: start again.");
        }
        catch when (Directory.Exists(fresh))
        {
            Discard(fresh);
            throw;
        }

        Paths.FlushDirectory(parent);
    }

    /// <summary>The data directory names where its cluster went, so that it is found again also by another user.</summary>
    public static void Link(string link, string cluster)
    {
        File.CreateSymbolicLink(link, cluster);
        Paths.FlushDirectory(Path.GetDirectoryName(link)!);
    }

    /// <summary>An initdb that outlived its service may still write there; the next making removes what is left.</summary>
    private static void Discard(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
        }
    }

    /// <summary>
    /// C.UTF-8 sorts by code point, so that no update of the C library makes an index wrong. Trust needs no second secret: only the
    /// cluster's user and root can enter the folder of the only socket, and root could become that user anyway; peer would refuse root.
    /// initdb flushes what it made.
    /// </summary>
    private static Task<Command> InitAsync(
        string directory, Account? account, PostgresPrograms programs, string locale, CancellationToken cancellationToken)
    {
        ClusterFolders.Make(directory, account);
        string[] arguments =
        [
            "-D", directory, "-U", EmbeddedPostgres.User, "-E", "UTF8", "--locale=" + locale, "--lc-messages=C",
            "--auth-local=trust", "--auth-host=reject", "--data-checksums", "--no-instructions",
        ];
        return Command.RunAsync(programs.InitDb, arguments, account, cancellationToken);
    }
}
