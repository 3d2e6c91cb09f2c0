using ChunkUpload.Core.Storage;

namespace ChunkUpload.Tests.Support.Storage;

internal static class StoreAssert
{
    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void Throws(StoreError error, Action action) => Assert.Equal(error, Assert.Throws<StoreException>(action).Error);

    public static async Task ThrowsAsync(StoreError error, Func<Task> action) =>
        Assert.Equal(error, (await Assert.ThrowsAsync<StoreException>(action)).Error);

    public static async Task<byte[]> ReadAsync(this IReadableStore store, StoredFile file)
    {
        using var reader = store.OpenRead(file);
        var bytes = new byte[reader.Length];
        var done = 0;
        while (done < bytes.Length)
        {
            var read = await reader.ReadAsync(bytes.AsMemory(done), done, CancellationToken.None);
            Assert.NotEqual(0, read);
            done += read;
        }

        Assert.Equal(0, await reader.ReadAsync(new byte[1], done, CancellationToken.None));
        return bytes;
    }
}
