namespace ChunkUpload.Tests.Functional.Limits;

/// <summary>Sends a byte, and the rest when it may.</summary>
internal sealed class HeldContent(TaskCompletionSource started, Task end) : HttpContent
{
    private const int Length = 3 << 20;

    protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context)
    {
        await stream.WriteAsync(new byte[1]);
        await stream.FlushAsync();
        started.SetResult();
        await end;
        await stream.WriteAsync(new byte[Length - 1]);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = Length;
        return true;
    }
}
