using System.Net.Sockets;
using System.Reflection;
using ChunkUpload.Infrastructure.Posix;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The socket of a connection that one thread at a time waits for. Neither the driver nor the runtime shows what is done to it here: where that is not found,
/// threads are woken for nothing, and all else is the same.
/// </summary>
internal static class DriverSocket
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;

    /// <summary>
    /// The runtime tells its thread pool of all that happens to a socket, also that the server has read what was sent to it, and that wakes two threads of the pool
    /// for nothing, each time; with this switch it tells the thread that waits and nobody else.
    /// </summary>
    /// <returns>False when it was not found.</returns>
    public static bool Straighten(NpgsqlConnection connection) => Try(connection, socket =>
    {
        if (typeof(SafeSocketHandle).GetProperty("PreferInlineCompletions", Hidden) is not { } inline)
            return false;
        inline.SetValue(socket, true);
        return true;
    });

    /// <summary>
    /// Whoever waits for a socket that was waited for without a thread, as it is when a connection is opened, is woken by the thread that waits for all sockets
    /// ever after, by way of a lock that both want. This one is made again what it was when it was new, so that its reader waits in the kernel's call and nobody
    /// else hears of it. The next call that waits without a thread takes that back.
    /// </summary>
    /// <returns>False when what it needs was not found; it is as it was then.</returns>
    public static bool WaitInKernel(NpgsqlConnection connection) => Try(connection, socket =>
    {
        var context = typeof(SafeSocketHandle).GetProperty("AsyncContext", Hidden)?.GetValue(socket);
        if (context?.GetType() is not { } type
            || type.GetField("_isHandleNonBlocking", Hidden) is not { } nonBlocking || nonBlocking.FieldType != typeof(bool)
            || type.GetField("_asyncEngine", Hidden) is not { } engineField
            || engineField.FieldType.GetField("_port", Hidden) is not { } port || port.FieldType != typeof(nint)
            || engineField.FieldType.GetMethod("UnregisterSocket", Hidden, [type]) is not { IsStatic: true } unregister)
            return false;
        if (engineField.GetValue(context) is { } engine)
        {
            if (Libc.EpollCtl((int)(nint)port.GetValue(engine)!, PosixFlags.EpollDelete, socket, 0) != 0)
                return false;
            _ = unregister.Invoke(null, [context]);
            engineField.SetValue(context, null);
        }

        // It has no other flag than not to wait.
        if (Libc.Fcntl(socket, PosixFlags.SetFlags, 0) != 0)
            return false;
        nonBlocking.SetValue(context, false);
        return true;
    });

    private static bool Try(NpgsqlConnection connection, Func<SafeSocketHandle, bool> change)
    {
        try
        {
            var connector = typeof(NpgsqlConnection).GetProperty("Connector", Hidden)?.GetValue(connection);
            return connector?.GetType().GetField("_socket", Hidden)?.GetValue(connector) is Socket socket && change(socket.SafeHandle);
        }
        catch (Exception other) when (other is TargetException or TargetInvocationException or AmbiguousMatchException or ArgumentException)
        {
            return false;
        }
    }
}
