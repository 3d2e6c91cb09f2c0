using ChunkUpload.Core.Events;

namespace ChunkUpload.Core.Transfers.Running;

/// <summary>
/// Sums the progress of transfers: the bytes that the ledger has recorded, and those in flight. <see cref="ProgressBook"/> reports it to
/// listeners.
/// </summary>
public sealed class TransferProgress(ProgressBook book)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, Sum> _sums = [];

    /// <summary>Tracks a file of a transfer until the result is disposed.</summary>
    /// <param name="transfer">The transfer as it was just read.</param>
    internal MovingFile Begin(Transfer transfer)
    {
        lock (_lock)
        {
            if (!_sums.TryGetValue(transfer.Id, out var sum))
                _sums[transfer.Id] = sum = new Sum { Name = transfer.Label.Length > 0 ? transfer.Label : transfer.TargetName };
            sum.Files++;
            var counts = transfer.Counts;
            sum.Take(new TransferBytes(counts.DoneBytes, transfer.Scanned ? counts.Bytes : null, counts.MovedBytes));
            return new MovingFile(this, transfer, sum);
        }
    }

    private void Report(Transfer transfer, Sum sum) => book.Report(new ProgressReport(
        TransferTopicRights.TopicOf(transfer.Id), transfer.Tenant, transfer.Subject, sum.Name, sum.Bytes.Done + sum.OnTheirWay,
        sum.Bytes.Done, sum.Bytes.All));

    /// <summary>A file that is being copied.</summary>
    internal sealed class MovingFile(TransferProgress all, Transfer transfer, Sum sum) : IDisposable
    {
        private long _onItsWay;

        /// <summary>Adds bytes that were read from the source but are not yet accepted by the destination.</summary>
        public void Add(int bytes)
        {
            lock (all._lock)
            {
                _onItsWay += bytes;
                sum.OnTheirWay += bytes;
                all.Report(transfer, sum);
            }
        }

        /// <summary>Called when the bytes in flight are recorded.</summary>
        /// <param name="bytes">The recorded bytes of the whole transfer.</param>
        public void Saved(TransferBytes bytes)
        {
            lock (all._lock)
            {
                Land();
                sum.Take(bytes);
                all.Report(transfer, sum);
            }
        }

        public void Dispose()
        {
            lock (all._lock)
            {
                Land();
                if (--sum.Files == 0)
                    all._sums.Remove(transfer.Id);
            }
        }

        private void Land()
        {
            sum.OnTheirWay -= _onItsWay;
            _onItsWay = 0;
        }
    }

    internal sealed class Sum
    {
        public required string Name { get; init; }

        public TransferBytes Bytes { get; private set; } = new(0, null, -1);

        public long OnTheirWay { get; set; }

        public int Files { get; set; }

        /// <summary>Sets the recorded bytes unless newer ones are known, because files are recorded concurrently.</summary>
        public void Take(TransferBytes bytes)
        {
            if (bytes.Moved >= Bytes.Moved)
                Bytes = bytes;
        }
    }
}
