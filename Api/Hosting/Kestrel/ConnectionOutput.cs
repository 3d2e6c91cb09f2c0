using System.IO.Pipelines;
using System.Net.Sockets;
using ChunkUpload.Core.Storage;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// A feature of requests on HTTP/1.1: the connection's own output, for interim responses, which the framework has no way to send. Only
/// before the answer has started, and never at the same time as a read of the body, because Kestrel writes 100 Continue there.
/// </summary>
internal sealed class ConnectionOutput(PipeWriter writer, Socket? socket)
{
    public PipeWriter Writer => writer;

    /// <summary>
    /// Where a file's bytes can go without being copied: the socket, when nothing encrypts or frames them on the way. Null where something
    /// does.
    /// </summary>
    public static IFileTarget? FilesOf(HttpContext context) =>
        context.Request.Protocol is "HTTP/1.1" or "HTTP/1.0" && context.Response.ContentLength is not null
            ? context.Features.Get<ConnectionOutput>()?.Writer as IFileTarget
            : null;

    /// <summary>
    /// Whether a few hundred bytes leave at once. TCP says so as long as a third of its buffer is free; a client that reads nothing while
    /// it sends fills it in the end.
    /// </summary>
    public bool HasRoom
    {
        get
        {
            try
            {
                return socket?.Poll(0, SelectMode.SelectWrite) != false;
            }
            catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>To be called behind UseHttps: what is written before it would leave in the clear.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(
            new ConnectionOutput(connection.Transport.Output, connection.Features.Get<IConnectionSocketFeature>()?.Socket));
        return next(connection);
    });
}
