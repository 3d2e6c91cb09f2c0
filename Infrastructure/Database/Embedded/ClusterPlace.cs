using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>Where the private cluster lies or will lie, and the user that it runs as.</summary>
/// <param name="Directory">PostgreSQL's data directory, without links in its path.</param>
/// <param name="Account">The user that PostgreSQL runs as; null for the service's own user.</param>
/// <param name="Link">The link that must point to the cluster once it exists; null if the cluster lies in the data directory
/// itself.</param>
internal sealed record ClusterPlace(string Directory, Account? Account, string? Link)
{
    /// <summary>sockaddr_un holds 108 bytes with the terminating zero.</summary>
    private const int LongestSocketPath = 107;

    public bool IsMade => File.Exists(Path.Combine(Directory, "PG_VERSION"));

    /// <summary>
    /// Returns whether the cluster lies outside the data directory. Two copies of a data directory can link to one such cluster.
    /// </summary>
    public bool IsOutside(string dataDirectory) => Path.GetDirectoryName(Directory) != RealPath(dataDirectory);

    /// <summary>
    /// The socket's folder: the cluster, which is closed to others, or a private folder in /tmp named after it if that path is too long.
    /// </summary>
    public string SocketDirectory
    {
        get
        {
            var inside = Path.Combine(Directory, "socket");
            return Encoding.UTF8.GetByteCount(inside) + "/.s.PGSQL.5432".Length <= LongestSocketPath
                ? inside
                : "/tmp/chunkupload-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Directory)).AsSpan(0, 8));
        }
    }

    /// <summary>
    /// Finds or chooses the place. 1. An existing cluster stays where it is and runs as its owner. 2. A service that is not root uses the
    /// data directory. 3. Root may not run PostgreSQL, so it runs as postgres or nobody, in the data directory if that user can enter it;
    /// 4. otherwise in a private folder named by the store's id.
    /// </summary>
    public static async Task<ClusterPlace> FindAsync(
        string dataDirectory, Guid store, string privateDirectory, ILogger log, CancellationToken cancellationToken)
    {
        dataDirectory = RealPath(dataDirectory);
        var usual = Path.Combine(dataDirectory, "postgres");
        var inside = Paths.Look(usual);
        var isRoot = Libc.Geteuid() == 0;

        // 1. An existing cluster stays where it is and runs as its owner.
        if (inside is { IsSymbolicLink: true })
        {
            var target = File.ResolveLinkTarget(usual, returnFinalTarget: true)!.FullName;
            return Paths.Look(target) is not null
                ? await ExistingAsync(RealPath(target), Path.GetDirectoryName(target)!, isRoot, cancellationToken)
                : throw new StartRefusedException($"The ledger's cluster should be in {target}, where {usual} points, but is not there: "
                    + $"bring it back from a backup; only where nothing is stored yet, remove the link to begin with an empty ledger.");
        }

        if (inside is not null)
            return await ExistingAsync(usual, dataDirectory, isRoot, cancellationToken);

        // 2. A service that is not root uses the data directory.
        if (!isRoot)
            return new ClusterPlace(usual, null, null);

        // 3. Root may not run PostgreSQL, so it runs as postgres or nobody, in the data directory if that user can enter it.
        var account = Account.ByName("postgres") ?? Account.ByName("nobody")
            ?? throw new StartRefusedException("PostgreSQL does not run as root, and this machine has no user postgres or nobody: make "
                + "one, start ChunkUpload as another user, or set ConnectionStrings:Ledger to a server of your own.");
        if (await CanEnterAsync(account, dataDirectory, cancellationToken))
            return new ClusterPlace(usual, account, null);

        // 4. Otherwise in a private folder named by the store's id.
        var own = Path.Combine(privateDirectory, store.ToString());
        MakePassable(privateDirectory);
        MakePassable(own);
        if (!await CanEnterAsync(account, own, cancellationToken))
            throw new StartRefusedException($"PostgreSQL runs as user {account.Name}, who can enter neither {dataDirectory} nor {own}: "
                + $"make the folders on the way to one of them passable with chmod o+x, or set Database:PrivateDirectory.");

        var place = new ClusterPlace(Path.Combine(RealPath(own), "postgres"), account, usual);
        log.ClusterElsewhere(account.Name, dataDirectory, place.Directory);
        return place.IsMade ? await ExistingAsync(place.Directory, own, isRoot, cancellationToken) with { Link = usual } : place;
    }

    private static async Task<ClusterPlace> ExistingAsync(string directory, string around, bool isRoot, CancellationToken cancellationToken)
    {
        var owner = Paths.Look(directory)!.Value.Owner;
        var account = Account.ByUser(owner);
        var ownerName = account?.Name ?? $"user id {owner}";
        var self = Libc.Geteuid();
        if (!isRoot && owner != self)
            throw new StartRefusedException($"The ledger's cluster {directory} belongs to {ownerName}: start ChunkUpload as {ownerName}, "
                + $"or give the cluster to its user with chown -R {Account.ByUser(self)?.Name ?? $"{self}"} {directory}.");
        if (isRoot && (account is null || account.IsRoot))
            throw new StartRefusedException($"The ledger's cluster {directory} belongs to {ownerName}, and PostgreSQL cannot run "
                + $"as that user: give it to another user, for example with chown -R postgres {directory}.");

        var place = new ClusterPlace(directory, isRoot ? account : null, null);
        if (!place.IsMade)
            throw new StartRefusedException($"{directory} exists but is not a PostgreSQL cluster: bring the cluster back from a backup; "
                + $"only where nothing is stored yet, move it away to begin with an empty ledger.");
        if (isRoot
            && !(await CanEnterAsync(account!, around, cancellationToken) && await CanEnterAsync(account!, directory, cancellationToken)))
            throw new StartRefusedException($"PostgreSQL runs as user {account!.Name}, who cannot enter the ledger's cluster "
                + $"{directory}: make the folders on the way to it passable with chmod o+x, or move the data directory to where that "
                    + $"user can enter.");
        return place;
    }

    /// <summary>
    /// Returns whether a user can enter a folder. Runs a shell as that user, because mode bits do not tell of access lists and mounts. If
    /// the data directory is ours and closed to all others, the user's group gets the right to pass through it.
    /// </summary>
    private static async Task<bool> CanEnterAsync(Account account, string directory, CancellationToken cancellationToken)
    {
        const UnixFileMode closed = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

        if (await EntersAsync(directory))
            return true;
        if (Paths.Look(directory) is not { IsDirectory: true, Owner: 0, Permissions: closed }
            || !await EntersAsync(Path.GetDirectoryName(directory)!))
            return false;
        if (Libc.Lchown(directory, 0, account.Group) != 0)
            return false;

        File.SetUnixFileMode(directory, closed | UnixFileMode.GroupExecute);
        return await EntersAsync(directory);

        async Task<bool> EntersAsync(string path) =>
            (await Command.RunAsync("/bin/sh", ["-c", "cd -- \"$1\"", "sh", path], account, cancellationToken)).Succeeded;
    }

    /// <summary>Makes a folder passable whatever the service's umask is.</summary>
    private static void MakePassable(string path)
    {
        const UnixFileMode passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

        if (System.IO.Directory.Exists(path))
            return;
        System.IO.Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, passable);
        Paths.FlushDirectory(Path.GetDirectoryName(path)!);
    }

    private static string RealPath(string path)
    {
        unsafe
        {
            var real = Libc.Realpath(path, 0);
            if (real == 0)
                throw new StartRefusedException($"{path} cannot be reached "
                    + $"({new System.ComponentModel.Win32Exception(Marshal.GetLastPInvokeError()).Message}): make it accessible for the "
                        + $"user that ChunkUpload runs as.");

            try
            {
                return Marshal.PtrToStringUTF8(real)!;
            }
            finally
            {
                NativeMemory.Free((void*)real);
            }
        }
    }
}
