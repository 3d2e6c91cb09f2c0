using System.Security.Cryptography;
using ChunkUpload.Core.Mail;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Work;
using Dapper;
using Microsoft.AspNetCore.DataProtection;

namespace ChunkUpload.Infrastructure.Mail;

/// <summary>Queued mails in PostgreSQL. Every statement may be repeated.</summary>
internal sealed class PostgresMailLedger(LedgerCalls calls, Incarnation incarnation, IDataProtectionProvider protection) : IMailLedger
{
    private const string Add = "select add_mail(@Id, @Writer, @Content, @Expires)";

    private const string Tell = """
        with told as (
            insert into operator_mails as o (kind, told_at) values (@Kind, now())
            on conflict (kind) do update set told_at = now() where o.told_at <= now() - @Quiet
            returning kind
        )
        select count(add_mail(m.id, @Writer, m.content, @Expires)) from told, unnest(@Ids, @Contents) m (id, content)
        """;

    private const string Find = "select m.writer, m.content, m.expires_at from mails m where m.id = @Id";

    private const string Write = "select write_mail(@Incarnation, @Work, @Epoch, @Reference, @Content)";

    private const string End = "select end_mail(@Incarnation, @Work, @Epoch, @Reference)";

    private readonly IDataProtector _protector = protection.CreateProtector("ChunkUpload.Mails");

    public Task AddAsync(Guid id, WaitingMail mail, CancellationToken cancellationToken) => AskAsync<object>(
        Add,
        new { Id = id, mail.Writer, Content = _protector.Protect(mail.Content!), Expires = mail.ExpiresAt.UtcDateTime },
        cancellationToken);

    public Task TellAsync(string kind, TimeSpan quiet, IReadOnlyList<WaitingMail> mails, CancellationToken cancellationToken) =>
        AskAsync<long>(
            Tell,
            new
            {
                Kind = kind,
                Quiet = quiet,
                Writer = MailQueue.Written,
                Expires = mails.Max(mail => mail.ExpiresAt).UtcDateTime,
                Ids = mails.Select(_ => Guid.NewGuid()).ToArray(),
                Contents = mails.Select(mail => _protector.Protect(mail.Content!)).ToArray(),
            },
            cancellationToken);

    public Task<WaitingMail?> FindAsync(Guid id, CancellationToken cancellationToken) => calls.RunAsync(
        async (connection, stop) =>
        {
            var found = new CommandDefinition(Find, new { Id = id }, cancellationToken: stop);
            return await connection.QuerySingleOrDefaultAsync<Row>(found) is { } row
                ? new WaitingMail(row.Writer, Unprotected(row.Content), LedgerRows.Utc(row.ExpiresAt))
                : null;
        },
        cancellationToken);

    public Task<bool> WriteAsync(WorkItem item, string content, CancellationToken cancellationToken) => AskAsync<bool>(
        Write,
        LeaseParameters.Of(incarnation, item, new { item.Reference, Content = _protector.Protect(content) }),
        cancellationToken);

    public Task EndAsync(WorkItem item, CancellationToken cancellationToken) => AskAsync<bool>(
        End, LeaseParameters.Of(incarnation, item, new { item.Reference }), cancellationToken);

    private Task<T?> AskAsync<T>(string text, object parameters, CancellationToken cancellationToken) => calls.RunAsync(
        (connection, stop) => connection.ExecuteScalarAsync<T>(new CommandDefinition(text, parameters, cancellationToken: stop)),
        cancellationToken);

    private string? Unprotected(string content)
    {
        try
        {
            return _protector.Unprotect(content);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private sealed class Row
    {
        public string Writer { get; set; } = "";
        public string Content { get; set; } = "";
        public DateTime ExpiresAt { get; set; }
    }
}
