using System.Text.Json;
using ChunkUpload.Api.Hosting.Proxies;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Projects;

namespace ChunkUpload.Api.Projects;

/// <summary>
/// Writes the mail that requests for files wait for an answer. It contains no file names, and its link only opens the page.
/// </summary>
internal sealed class RequestMailWriter(IFileTransferLedger transfers, ProxyOptions proxies) : IMailWriter
{
    public string Name => FileRequestWork.Writer;

    public async Task<MailText?> WriteAsync(string content, CancellationToken cancellationToken)
    {
        var mail = JsonSerializer.Deserialize<FileRequestMail>(content)!;
        // Requests that were answered in the meantime are not mailed.
        if (await transfers.GetAsync(mail.Transfer, cancellationToken)
            is not { Status: FileTransferStatus.Pending, Answer: FileAnswer.Waiting } transfer)
            return null;
        var who = transfer.RequesterName.Length > 0 ? transfer.RequesterName : "A member of a project";
        // The settings refuse a mail server without a public address.
        return new MailText(
            mail.To, $"{who} asks for files of {transfer.Source.Name}",
            $"{who} asks for files that your device \"{transfer.Source.Name}\" serves. Nothing is sent until you have answered on the page "
                + $"of the project:\n\n{proxies.PublicUrl!.TrimEnd('/')}/console/#/projects/{transfer.Project}\n\n"
                + "At most one such mail is sent in an hour.\n");
    }
}
