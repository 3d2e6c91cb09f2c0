using System.Net.Sockets;
using System.Reflection;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>
/// The socket of a connection that one thread keeps and waits for. The runtime tells its thread pool of all that happens to a socket, also that the server
/// has read what was sent to it, and that wakes two threads of the pool for nothing, each time; with this switch it tells the thread that waits and nobody
/// else. Neither the driver nor the runtime shows it: where it is not found, those threads are woken, and all else is the same.
/// </summary>
internal static class DriverSocket
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <returns>False when it was not found.</returns>
    public static bool Straighten(NpgsqlConnection connection)
    {
        try
        {
            var connector = typeof(NpgsqlConnection).GetProperty("Connector", Hidden)?.GetValue(connection);
            if (connector?.GetType().GetField("_socket", Hidden)?.GetValue(connector) is not Socket socket
                || typeof(SafeSocketHandle).GetProperty("PreferInlineCompletions", Hidden) is not { } inline)
                return false;
            inline.SetValue(socket.SafeHandle, true);
            return true;
        }
        catch (Exception other) when (other is TargetException or TargetInvocationException or AmbiguousMatchException or ArgumentException)
        {
            return false;
        }
    }
}
