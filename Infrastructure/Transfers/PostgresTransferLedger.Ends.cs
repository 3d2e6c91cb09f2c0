using ChunkUpload.Core.Transfers;
using ChunkUpload.Core.Work;
using Dapper;

namespace ChunkUpload.Infrastructure.Transfers;

/// <summary>Ends of attempts: the outcome of a file, its calls, and the next file, in one round trip.</summary>
internal sealed partial class PostgresTransferLedger
{
    /// <summary>The number of calls of a transfer that are kept, in addition to failed ones.</summary>
    private const int CallsKept = 500;

    /// <summary>The interval at which calls are trimmed, because trimming costs more than recording the calls of a small file.</summary>
    private const int TrimEvery = 50;

    // A second attempt finds the lease ended, and leases nothing.
    private const string EndItem = """
        with e as materialized (
            select end_transfer_item(
                @Incarnation, @Work, @Epoch, @Item, @State, @Fault, @Reason, @Sha256, @Result, @Verified, @Pause, @Wait, @Failed,
                @Position, @Name, @OtherTime, @Note, @Version) as held
        )
        select e.held, n.* from e
        left join lateral claim_next(@Incarnation, @Kind, @Keys, @Lease::interval) n on e.held and @Lease::interval is not null;
        """;

    private const string OfTransfer = $"select {TransferRow.Columns} from transfers t where t.id = @Transfer;";

    private const string AddCalls = """
        insert into transfer_calls (transfer, at, item, side, operation, status, took_ms, request_id, fault)
        select @Transfer, c.* from unnest(@At::timestamptz[], @Items::uuid[], @Sides::text[], @Operations::text[], @Statuses::int[],
                                          @Took::int[], @Requests::text[], @Faults::text[]) c
        where exists (select from transfers where id = @Transfer);
        """;

    private const string TrimCalls = """
        delete from transfer_calls
        where transfer = @Transfer and fault is null
              and number < (select number from transfer_calls where transfer = @Transfer order by number desc offset @Keep limit 1);
        """;

    public Task<ItemEnded> EndItemAsync(
        WorkItem lease, TransferItem item, ItemEnd end, IReadOnlyList<MadeCall> made, TimeSpan? nextFor,
        CancellationToken cancellationToken)
    {
        var parameters = CallParameters(item.Transfer, item.Id, made);
        parameters.AddDynamicParams(LeaseParameters.Of(incarnation, lease, new
        {
            Item = item.Id,
            State = Words.Of(end.State),
            Fault = Words.Of(end.Fault),
            end.Reason,
            Sha256 = end.Sha256?.ToArray(),
            end.Result,
            Verified = Words.Of(end.VerifiedBy),
            end.Pause,
            Wait = Words.Of(end.Wait),
            end.Failed,
            end.Position,
            end.Name,
            OtherTime = end.OtherTime is { } time ? TimeOf(time) : (DateTimeOffset?)null,
            end.Note,
            end.Version,
            lease.Kind,
            Keys = lease.Keys.ToArray(),
            Lease = nextFor,
        }));
        var text = EndItem + OfTransfer + (made.Count == 0 ? "" : AddCalls) + (item.Number % TrimEvery == 0 ? TrimCalls : "");
        return calls.RunAsync(
            async (connection, stop) =>
            {
                await using var answers = await connection.QueryMultipleAsync(Command(text, parameters, stop));
                var ended = await answers.ReadSingleAsync<EndedRow>();
                var transfer = (await answers.ReadSingleOrDefaultAsync<TransferRow>())?.ToTransfer();
                return new ItemEnded(ended.Held, ended.Id is null ? null : ended.ToItem(), transfer);
            },
            cancellationToken);
    }

    public Task AddCallsAsync(Guid transfer, Guid? item, IReadOnlyList<MadeCall> made, CancellationToken cancellationToken) =>
        calls.RunAsync(
            (connection, stop) => connection.ExecuteAsync(
                Command(AddCalls + TrimCalls, CallParameters(transfer, item, made), stop)),
            cancellationToken);

    private static DynamicParameters CallParameters(Guid transfer, Guid? item, IReadOnlyList<MadeCall> made) => new(new
    {
        Transfer = transfer,
        At = made.Select(one => one.At.UtcDateTime).ToArray(),
        Items = made.Select(_ => item).ToArray(),
        Sides = made.Select(one => one.AtDestination ? "destination" : "source").ToArray(),
        Operations = made.Select(one => one.Call.Operation).ToArray(),
        Statuses = made.Select(one => one.Call.Status).ToArray(),
        Took = made.Select(one => (int)one.Call.Took.TotalMilliseconds).ToArray(),
        Requests = made.Select(one => one.Call.RequestId).ToArray(),
        Faults = made.Select(one => Words.Of(one.Call.Fault)).ToArray(),
        Keep = CallsKept,
    });

    private sealed class EndedRow
    {
        public bool Held { get; set; }
        public long? Id { get; set; }
        public string Kind { get; set; } = "";
        public Guid Reference { get; set; }
        public string[] Keys { get; set; } = [];
        public short Priority { get; set; }
        public long Position { get; set; }
        public int Attempts { get; set; }
        public long Epoch { get; set; }

        public WorkItem ToItem() => new(new LeaseId(Id!.Value, Epoch), Kind, Reference, Attempts, Keys, (WorkPriority)Priority, Position);
    }
}
