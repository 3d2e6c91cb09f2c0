using System.Threading.Channels;
using ChunkUpload.Core.Hosting;
using ChunkUpload.Core.Uploads;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Core.Mail;

/// <summary>
/// Sends mails one at a time, outside the requests that cause them: the duration of a request must not reveal whether an account exists.
/// Mails that wait when the service stops are not sent.
/// </summary>
public sealed partial class MailQueue(MailOptions options, IMailSender sender, TimeProvider time, ILogger<MailQueue> log)
    : IStartStep, IDisposable
{
    private const int Most = 1000;

    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(2)];

    private readonly Channel<Func<CancellationToken, Task<MailText?>>> _waiting =
        Channel.CreateBounded<Func<CancellationToken, Task<MailText?>>>(Most);

    private readonly CancellationTokenSource _stop = new();
    private Task _sending = Task.CompletedTask;

    public int Order => StartOrder.Background;

    public string Name => "mail";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.AreOn)
            _sending = Task.Run(() => SendAllAsync(_stop.Token), CancellationToken.None);
        return Task.CompletedTask;
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stop.CancelAsync();
        await _sending;
    }

    public void Dispose() => _stop.Dispose();

    public void Add(MailText mail) => Add(_ => Task.FromResult<MailText?>(mail));

    /// <param name="write">Writes the mail when it is its turn; null: there is nothing to send.</param>
    public void Add(Func<CancellationToken, Task<MailText?>> write)
    {
        if (options.AreOn && !_waiting.Writer.TryWrite(write))
            NotQueued(Most);
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            await foreach (var write in _waiting.Reader.ReadAllAsync(cancellationToken))
                await SendAsync(write, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private async Task SendAsync(Func<CancellationToken, Task<MailText?>> write, CancellationToken cancellationToken)
    {
        MailText? mail = null;
        for (var tries = 0; ; tries++)
        {
            try
            {
                mail ??= await write(cancellationToken);
                if (mail is not null)
                    await sender.SendAsync(mail, cancellationToken);
                return;
            }
            catch (Exception reason) when (reason is MailFailedException or LedgerUnavailableException)
            {
                if (tries == Pauses.Length)
                {
                    NotSent(reason.Message);
                    return;
                }

                SentLater(reason.Message);
            }
            catch (Exception reason) when (reason is not OperationCanceledException)
            {
                // A mail that cannot be written must not keep the others back.
                NotSent(reason.Message);
                return;
            }

            await Task.Delay(Pauses[tries], time, cancellationToken);
        }
    }

    [LoggerMessage(7451, LogLevel.Warning, "A mail could not be sent and is tried again: {Reason}")]
    private partial void SentLater(string reason);

    [LoggerMessage(7452, LogLevel.Error, "A mail was given up: {Reason}")]
    private partial void NotSent(string reason);

    [LoggerMessage(7453, LogLevel.Error, "A mail was given up: {Count} others wait already.")]
    private partial void NotQueued(int count);
}
