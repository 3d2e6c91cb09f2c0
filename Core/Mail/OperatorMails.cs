using System.Text.Json;
using ChunkUpload.Core.Events;
using ChunkUpload.Core.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Mail;

/// <summary>
/// Mails trouble to the operators, each kind at most once an hour; the mail says where to look for the rest. It listens to the same events
/// as the pages, as every node does; the ledger lets one of them tell.
/// </summary>
public sealed partial class OperatorMails(
    MailOptions options, EventFeed feed, MailQueue mails, TimeProvider time, ILogger<OperatorMails> log) : IStartStep, IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromHours(1);
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _stop = new();
    private Task _listening = Task.CompletedTask;

    // Start listening before the steps that record such events.
    public int Order => StartOrder.Background - 1;

    public string Name => "operator mails";

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (!options.AreOn || options.Operators.Length == 0)
            return;
        var listener = await ListenAsync(cancellationToken);
        _listening = Task.Run(() => TellAllAsync(listener, _stop.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _listening;
    }

    public void Dispose() => _stop.Dispose();

    private async Task<EventListener?> ListenAsync(CancellationToken cancellationToken)
    {
        if (feed.Add(null, out _) is not { } listener)
            return null;
        try
        {
            listener.Subscribe([EventListener.OperatorsKey]);
            _ = await feed.BeginAsync(listener, cancellationToken);
            return listener;
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    private async Task TellAllAsync(EventListener? listener, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                if (listener is not null)
                    await TellAsync(listener, cancellationToken);
                listener?.Dispose();
                await Task.Delay(Pause, time, cancellationToken);
                try
                {
                    listener = await ListenAsync(cancellationToken);
                }
                catch (LedgerUnavailableException reason)
                {
                    listener = null;
                    NotListening(reason.Message);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The service stops.
            listener?.Dispose();
        }
    }

    /// <summary>Sends mails for the events of the listener until the listener has fallen behind.</summary>
    private async Task TellAsync(EventListener listener, CancellationToken cancellationToken)
    {
        while (true)
        {
            await listener.WaitAsync(cancellationToken);
            if (listener.Take() is not { Events: var events })
                return;
            foreach (var one in events)
                await TellAsync(one, cancellationToken);
        }
    }

    private async Task TellAsync(LedgerEvent one, CancellationToken cancellationToken)
    {
        if (TextOf(one) is not { } text)
            return;
        var body = $"{text.Body}\n\nAt {one.At:u}. Further trouble of this kind is not mailed for an hour: look at the console.\n";
        List<MailText> all = [.. options.Operators.Select(address => new MailText(address, "ChunkUpload: " + text.Subject, body))];
        while (true)
        {
            try
            {
                await mails.TellAsync(one.Kind, Quiet, all, Lifetime, cancellationToken);
                return;
            }
            catch (LedgerUnavailableException reason)
            {
                NotListening(reason.Message);
            }

            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    /// <summary>Returns the mail for an event; null if the event is not a problem.</summary>
    private static (string Subject, string Body)? TextOf(LedgerEvent one)
    {
        using var json = JsonDocument.Parse(one.Data);
        var data = json.RootElement;
        return one.Kind switch
        {
            "store_degraded" => ("the store takes no uploads", Text(data, "reason")),
            "damaged" => ("a stored file is damaged", $"Upload {one.Upload} of tenant {one.Tenant}: {Text(data, "reason")}"),
            "certificate_ends" => ("the TLS certificate ends soon", $"{Text(data, "file")} ends at {Text(data, "endsAt")}."),
            "job_ended" when Text(data, "outcome") == "failed" => ("a job has failed", $"{Text(data, "job")}: {Text(data, "summary")}"),
            _ => null,
        };
    }

    private static string Text(JsonElement data, string name) =>
        data.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    [LoggerMessage(7454, LogLevel.Warning, "Trouble cannot be mailed to the operators now: {Reason}")]
    private partial void NotListening(string reason);
}
