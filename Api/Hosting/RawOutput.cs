using System.IO.Pipelines;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace ChunkUpload.Api.Hosting;

/// <summary>
/// A feature of requests on HTTP/1.1: the connection's own output, for interim responses, which the framework has no way to send. Only
/// before the answer has started, and never at the same time as a read of the body, because Kestrel writes 100 Continue there.
/// </summary>
internal sealed class RawOutput(PipeWriter writer)
{
    public PipeWriter Writer => writer;

    /// <summary>To be called behind UseHttps: what is written before it would leave in the clear.</summary>
    public static void Use(ListenOptions listen) => listen.Use(next => connection =>
    {
        connection.Features.Set(new RawOutput(connection.Transport.Output));
        return next(connection);
    });
}
