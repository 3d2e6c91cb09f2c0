using ChunkUpload.Core.Hosting;
using ChunkUpload.Infrastructure.Database;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ChunkUpload.Infrastructure.Ledger;

/// <summary>Tells operators when the synchronous standby that the service needs is gone, and when one is connected again.</summary>
internal sealed class StandbyWatch(LedgerDatabase ledger, LedgerHealth health, TimeProvider time, ILogger<StandbyWatch> log)
    : PeriodicStep(TimeSpan.FromSeconds(5), time, log)
{
    private const string Note = "select note_standby()";

    private const string Lost =
        "No synchronous standby of the database is connected, and Cluster:Standby is Required: nothing is recorded until one is.";

    public override int Order => StartOrder.Background;

    public override string Name => "standby";

    public override Task StartAsync(CancellationToken cancellationToken) =>
        ledger.Use.NeedsStandby ? base.StartAsync(cancellationToken) : Task.CompletedTask;

    internal async Task NoteAsync(CancellationToken cancellationToken)
    {
        await using var connection = await ledger.OpenConnectionAsync(cancellationToken);
        await using var note = new NpgsqlCommand(Note, connection);
        switch (await note.ExecuteScalarAsync(cancellationToken))
        {
            case true:
                health.Trouble = null;
                log.StandbyReturned();
                break;
            case false:
                health.Trouble = Lost;
                log.StandbyLost();
                break;
        }
    }

    protected override async Task TickAsync(CancellationToken cancellationToken)
    {
        try
        {
            await NoteAsync(cancellationToken);
        }
        catch (Exception reason) when (LedgerErrors.IsTransient(reason))
        {
            // Requests say that the server does not answer. The next tick looks again.
        }
    }
}
