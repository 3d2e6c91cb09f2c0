using System.Collections.Concurrent;

namespace ChunkUpload.Bench.Load;

/// <summary>Sends chunks of one session over several connections.</summary>
internal static class Sender
{
    /// <returns>The time of the last receipt.</returns>
    public static async Task<long> SendAsync(
        SessionClient client, string session, Content content, IEnumerable<int> order, int connections, CancellationToken cancellationToken)
    {
        var queue = new ConcurrentQueue<int>(order);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await Task.WhenAll(Enumerable.Range(0, connections).Select(_ => Task.Run(SendSomeAsync, stop.Token)));
        return TimeProvider.System.GetTimestamp();

        async Task SendSomeAsync()
        {
            var buffer = content.NewBuffer();
            try
            {
                while (queue.TryDequeue(out var index))
                    await client.PutChunkAsync(
                        session, content.Offset(index), content.Fill(index, buffer), content.Digest(index), stop.Token);
            }
            catch
            {
                await stop.CancelAsync();
                throw;
            }
        }
    }

    public static IEnumerable<int> InOrder(Content content) => Enumerable.Range(0, content.Count);

    public static IEnumerable<int> Shuffled(Content content)
    {
        var order = Enumerable.Range(0, content.Count).ToArray();
        new Random(7).Shuffle(order);
        return order;
    }
}
