using System.ComponentModel;
using System.Runtime.InteropServices;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Posix;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>Creates private folders, owned by the user that PostgreSQL runs as.</summary>
internal static class ClusterFolders
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    public static void Make(string path, Account? account)
    {
        Directory.CreateDirectory(path, Private);
        if (account is not null && Libc.Lchown(path, account.User, account.Group) != 0)
            throw new StartRefusedException($"{path} cannot be given to user {account.Name} "
                + $"({new Win32Exception(Marshal.GetLastPInvokeError()).Message}): set ConnectionStrings:Ledger to a server of your own, "
                    + $"or start ChunkUpload as another user than root.");
    }

    /// <summary>
    /// Only the socket folder's mode keeps other users from the database, so a folder in /tmp that another user created is refused. The
    /// sockets of an ended postmaster are removed: their lock file names a pid that another process may have by now.
    /// </summary>
    public static void MakeForSocket(ClusterPlace place)
    {
        var path = place.SocketDirectory;
        var user = place.Account?.User ?? Libc.Geteuid();
        if (Paths.Look(path) is { } there)
        {
            if (!there.IsDirectory || there.Owner != user || (there.Permissions & ~Private) != 0)
                throw new StartRefusedException(
                    $"The database's socket folder {path} belongs to another user or is open to others: remove it.");
            foreach (var stale in Directory.GetFiles(path, ".s.PGSQL.*"))
                File.Delete(stale);
            return;
        }

        Make(path, place.Account);
    }
}
