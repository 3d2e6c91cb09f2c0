using System.Text.Json;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Connections;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Transfers;

namespace ChunkUpload.Api.Transfers;

/// <summary>Writes the mails about transfers before they are sent. Nothing is mailed if the reason no longer applies.</summary>
internal sealed class TransferMailWriter(ITransferWorkLedger transfers, IConnectionLedger connections, ProxyOptions proxies) : IMailWriter
{
    public string Name => TransferMailWork.Writer;

    public async Task<MailText?> WriteAsync(string content, CancellationToken cancellationToken)
    {
        var mail = JsonSerializer.Deserialize<TransferMail>(content)!;
        if (await transfers.GetAsync(mail.Transfer, cancellationToken) is not { } transfer)
            return null;
        var title = transfer.Label.Length > 0 ? transfer.Label : transfer.TargetName;
        var page = Link($"#/transfers/{transfer.Id:n}");
        var counts = transfer.Counts;
        if (mail.Note == TransferNote.Done)
        {
            return new MailText(
                mail.To, $"Done: {title}",
                $"The transfer \"{title}\" is done: {counts.DoneFiles} files, {counts.Skipped} left out.\n\n{page}\n");
        }

        if (mail.Note == TransferNote.Failed)
        {
            return new MailText(
                mail.To, $"{(transfer.State == TransferState.PartlyDone ? "Partly done" : "Failed")}: {title}",
                $"The transfer \"{title}\" has ended: {counts.DoneFiles} files are done, {counts.Failed} have failed."
                    + $"{Sentence(transfer.Reason)} What failed can be tried again on its page:\n\n{page}\n");
        }

        if (transfer.HasEnded || transfer.Wait is null)
            return null;
        if (mail.Connection is { } id)
            return await OfConnectionAsync(mail.To, title, page, id, cancellationToken);
        return new MailText(
            mail.To, $"Waits for you: {title}",
            $"The transfer \"{title}\" waits for you.{Sentence(transfer.Reason)} Its page has the button that helps:\n\n{page}\n");
    }

    private async Task<MailText?> OfConnectionAsync(
        string to, string title, string page, Guid id, CancellationToken cancellationToken)
    {
        if (await connections.GetAsync(id, cancellationToken) is not { State: not ConnectionState.Ready } connection)
            return null;
        return connection.State switch
        {
            ConnectionState.NeedsApproval => new MailText(
                to, $"\"{connection.Title}\" needs an approval",
                $"An administrator of the account \"{connection.Title}\" must approve this service at the provider. Until then the "
                    + $"transfer \"{title}\" waits.{Sentence(connection.Error)}\n\n{page}\n"),
            ConnectionState.AppSecretEnded => new MailText(
                to, "ChunkUpload: the secret of the application at a provider has ended",
                $"No connection of the kind {connection.Kind} works until the application has a new secret there, which then goes into "
                    + "the service's settings. Transfers wait until then, and resume automatically.\n"),
            _ => new MailText(
                to, $"Sign in again: {connection.Title}",
                $"The sign-in of your connection \"{connection.Title}\" has ended, and the transfer \"{title}\" waits. What was moved "
                    + $"is safe. Waiting transfers resume as soon as you have signed in again:\n\n"
                    + $"{Link($"#/connections/renew/{connection.Id:n}")}\n"),
        };
    }

    // The settings refuse a mail server without a public address.
    private string Link(string place) => $"{proxies.PublicUrl!.TrimEnd('/')}/console/{place}";

    private static string Sentence(string? reason) => string.IsNullOrEmpty(reason) ? "" : $" {reason}";
}
