using ChunkUpload.Core.Storage;

namespace ChunkUpload.Tests.Support.Engine;

/// <summary>
/// An open file whose calls go through <see cref="EngineHooks"/>. Written by hand, because spans cannot pass a dispatch proxy.
/// </summary>
internal sealed class HookedWriter(IStoredFileWriter writer, EngineHooks hooks) : IStoredFileWriter, IPreallocatingWriter
{
    public StoredFile File => writer.File;

    public ValueTask BeforeWriteAsync(long bytes) => writer.BeforeWriteAsync(bytes);

    public void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        var call = new EngineCall(nameof(Write), [File, offset, bytes.Length]);
        hooks.BeforeAsync(call).GetAwaiter().GetResult();
        writer.Write(bytes, offset);
        hooks.AfterAsync(call).GetAwaiter().GetResult();
    }

    public void CopyFrom(StoredFile source, long sourceOffset, long length, long offset, CancellationToken cancellationToken)
    {
        var call = new EngineCall(nameof(CopyFrom), [File, source]);
        hooks.BeforeAsync(call).GetAwaiter().GetResult();
        writer.CopyFrom(source, sourceOffset, length, offset, cancellationToken);
        hooks.AfterAsync(call).GetAwaiter().GetResult();
    }

    public void Trim(long length) => (writer as IPreallocatingWriter)?.Trim(length);

    public async Task FlushAsync(bool final, CancellationToken cancellationToken)
    {
        var call = new EngineCall(nameof(FlushAsync), [File, final]);
        await hooks.BeforeAsync(call);
        await writer.FlushAsync(final, cancellationToken);
        await hooks.AfterAsync(call);
    }

    public async Task RenameDurablyAsync(CancellationToken cancellationToken)
    {
        var call = new EngineCall(nameof(RenameDurablyAsync), [File]);
        await hooks.BeforeAsync(call);
        await writer.RenameDurablyAsync(cancellationToken);
        await hooks.AfterAsync(call);
    }

    public ValueTask DisposeAsync() => writer.DisposeAsync();
}
