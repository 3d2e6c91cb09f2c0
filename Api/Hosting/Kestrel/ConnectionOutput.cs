using System.IO.Pipelines;
using System.Net.Sockets;
using ChunkUpload.Core.Storage;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// A connection feature for HTTP/1.1: the connection's output, used to send interim responses, for which ASP.NET Core has no API. Write to
/// it only before the answer has started and never during a read of the body, because Kestrel writes 100 Continue there.
/// </summary>
/// <param name="socket">Null if there is none, or no access to it.</param>
/// <param name="isPipe">Whether the writer belongs to a pipe in front of the socket, as with Kestrel's own transport. The pipe accepts
/// written bytes immediately, and completes a flush only when it has room again.</param>
internal sealed class ConnectionOutput(PipeWriter writer, Socket? socket, bool isPipe)
{
    private ValueTask<FlushResult> _flush;

    /// <summary>
    /// Returns the target to which file bytes can be sent without a copy: the socket, or null if a layer encrypts or frames the bytes.
    /// </summary>
    public static IFileTarget? FilesOf(HttpContext context) =>
        context.Request.Protocol is "HTTP/1.1" or "HTTP/1.0" && context.Response.ContentLength is not null
            ? context.Features.Get<ConnectionOutput>()?.Files
            : null;

    private IFileTarget? Files => writer as IFileTarget;

    /// <summary>
    /// Whether a few hundred bytes can be sent without waiting. TCP reports room while a third of its send buffer is free; a client that
    /// sends without reading eventually fills it.
    /// </summary>
    private bool HasRoom
    {
        get
        {
            try
            {
                return _flush.IsCompleted && socket?.Poll(0, SelectMode.SelectWrite) != false;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// Sends the bytes if there is room. A partly sent response cannot be withdrawn: after a cancelled write, part of it would precede the
    /// answer, or all of it would be sent twice.
    /// </summary>
    /// <returns>False when nothing was sent, or when the connection is closed.</returns>
    public async ValueTask<bool> TrySendAsync(ReadOnlyMemory<byte> bytes)
    {
        if (!HasRoom)
            return false;
        var flush = writer.WriteAsync(bytes, CancellationToken.None);
        if (isPipe && !flush.IsCompleted)
        {
            // The pipe has all of the bytes. Do not wait for the client to read; Kestrel waits when it writes the answer.
            _flush = flush;
            return true;
        }

        return !(await flush).IsCompleted;
    }

    /// <summary>Installs the feature. Call it after UseHttps, because bytes written below TLS would be sent unencrypted.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        var output = connection.Transport.Output;
        // TLS writes to a stream, whose flush must end before the next one begins.
        var isPipe = output is not IFileTarget && connection.Features.Get<ITlsHandshakeFeature>() is null;
        connection.Features.Set(
            new ConnectionOutput(output, connection.Features.Get<IConnectionSocketFeature>()?.Socket, isPipe));
        return next(connection);
    });
}
