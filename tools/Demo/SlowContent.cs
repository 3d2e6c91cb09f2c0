using System.Net;

namespace ChunkUpload.Demo;

/// <summary>A body that comes as over a link of 4 MB/s: the charts of speeds show those of links, not that of this machine.</summary>
internal sealed class SlowContent(byte[] bytes) : HttpContent
{
    private const int Block = 64 << 10;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(16);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        for (var at = 0; at < bytes.Length; at += Block)
        {
            await stream.WriteAsync(bytes.AsMemory(at, Math.Min(Block, bytes.Length - at)));
            await stream.FlushAsync();
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = bytes.Length;
        return true;
    }
}
