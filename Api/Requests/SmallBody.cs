using System.Buffers;
using ChunkUpload.Api.Errors;

namespace ChunkUpload.Api.Requests;

/// <summary>Reads a body that is kept in memory, with limits on its size and time.</summary>
internal static class SmallBody
{
    /// <param name="most">The maximum number of bytes.</param>
    public static async Task<(byte[]? Bytes, Refusal? Refusal)> ReadAsync(
        HttpContext context, int most, CancellationToken cancellationToken)
    {
        if (context.Request.ContentLength > most)
            return (null, TooLarge(most));
        var services = context.RequestServices;
        using var idle = new CancellationTokenSource(
            services.GetRequiredService<UploadOptions>().BodyIdleTimeout, services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, cancellationToken);
        try
        {
            var bytes = await ReadAllAsync(context.Request, most, either.Token);
            if (bytes is not null)
                context.Features.Set(new ReadBody(bytes));
            return (bytes, bytes is null ? TooLarge(most) : null);
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return (null, Refusal.Of(RequestError.RequestTimeout, "The body came too slowly."));
        }
    }

    /// <summary>Returns the body that was read; empty if none was.</summary>
    public static byte[] Of(HttpContext context) => context.Features.Get<ReadBody>()?.Bytes ?? [];

    private static async Task<byte[]?> ReadAllAsync(HttpRequest request, int most, CancellationToken cancellationToken)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            if (read.Buffer.Length > most)
            {
                reader.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var bytes = read.Buffer.ToArray();
                reader.AdvanceTo(read.Buffer.End);
                return bytes;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private sealed record ReadBody(byte[] Bytes);

    private static Refusal TooLarge(int most) => Refusal.Of(RequestError.BodyTooLarge, $"The body has at most {most} bytes.");
}
