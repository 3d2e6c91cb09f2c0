using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>
/// Creates the cluster under a temporary name and renames it once it is complete and flushed. A start that is killed leaves no half
/// cluster.
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
            // Not every system has that locale.
            if (!made.Succeeded)
                made = await InitAsync(fresh, place.Account, programs, "C", cancellationToken);
            if (!made.Succeeded)
                throw new StartRefusedException($"The private PostgreSQL cluster {place.Directory} could not be created "
                    + $"({made.Complaint}): fix that, or set ConnectionStrings:Ledger to a server of your own.");

            if (!Paths.RenameNoReplace(fresh, place.Directory))
                throw new StartRefusedException(
                    $"{place.Directory} appeared while the private PostgreSQL cluster was being created: start again.");
        }
        catch when (Directory.Exists(fresh))
        {
            Discard(fresh);
            throw;
        }

        Paths.FlushDirectory(parent);
    }

    /// <summary>Links the data directory to its cluster, so that a later start finds it, also as another user.</summary>
    public static void Link(string link, string cluster)
    {
        File.CreateSymbolicLink(link, cluster);
        Paths.FlushDirectory(Path.GetDirectoryName(link)!);
    }

    /// <summary>
    /// Removes a half cluster. An initdb that outlived its service may still write there; the next creation removes what is left.
    /// </summary>
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
    /// Runs initdb, which flushes the files that it creates. C.UTF-8 sorts by code point, so that no update of the C library makes an index
    /// wrong. Trust authentication needs no second secret: only the cluster's user and root can enter the folder of the only socket, and
    /// root could become that user anyway. Peer authentication would refuse root.
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
