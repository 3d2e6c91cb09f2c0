using System.Net.Sockets;
using System.Reflection;
using ChunkUpload.Infrastructure.Posix;
using Npgsql;

namespace ChunkUpload.Infrastructure.Database;

/// <summary>The socket of a connection, which the driver does not show.</summary>
internal static class DriverSocket
{
    private const BindingFlags Hidden = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <returns>Null where the driver is another one.</returns>
    public static Socket? Of(NpgsqlConnection connection)
    {
        var connector = typeof(NpgsqlConnection).GetProperty("Connector", Hidden)?.GetValue(connection);
        return connector?.GetType().GetField("_socket", Hidden)?.GetValue(connector) as Socket;
    }

    /// <summary>For a thread that waits for its connection itself.</summary>
    public static void Straighten(NpgsqlConnection connection)
    {
        if (Of(connection) is { } socket)
            SocketNews.Straighten(socket);
    }
}
