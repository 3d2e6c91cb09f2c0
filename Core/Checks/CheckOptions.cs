using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using ChunkUpload.Core.Hooks;
using ChunkUpload.Core.Options;

namespace ChunkUpload.Core.Checks;

/// <summary>How the service treats an upload for which the checker gives no verdict.</summary>
public enum CheckerAway
{
    /// <summary>It waits, and the checker is asked again.</summary>
    Hold = 1,
    Refuse,
    Accept,
}

/// <summary>The checker that decides about each upload before it is published. At most one of address, command and clamd is set.</summary>
[Settings("Check")]
public sealed class CheckOptions : IValidatableObject
{
    [SameOnAllNodes]
    [Description("Address that is asked before an upload is published; docs/checking.md has the request. Empty: no check. For "
        + "operators whose app decides about files.")]
    public string Url { get; set; } = "";

    [SameOnAllNodes]
    [Description("The format of requests to Check:Url and Check:CreationUrl: Json, or Tusd for operators whose app receives tusd's "
        + "hooks pre-finish and pre-create.")]
    public WebhookFormat Format { get; set; } = WebhookFormat.Json;

    [SameOnAllNodes]
    [Description("Address that is asked before an upload is made and may refuse it, in the format of Check:Format and within 5 seconds; "
        + "docs/checking.md has the request. Empty: no check. For operators whose app decides who may upload what.")]
    public string CreationUrl { get; set; } = "";

    [SameOnAllNodes]
    [Secret]
    [Description("Secret that signs the requests to Check:Url and Check:CreationUrl: whsec_ and 24 to 64 bytes in base64. Operators set it "
        + "with Json, which needs one.")]
    public string Secret { get; set; } = "";

    [SameOnAllNodes]
    [Description("Program and arguments that check an upload: exit code 0 accepts it, 1 refuses it. An argument {file} becomes the path "
        + "of a copy; without one the bytes come on standard input. For operators with a scanner of their own.")]
    public string[] Command { get; set; } = [];

    [SameOnAllNodes]
    [Description("Where clamd listens: host:port, or the path of its Unix socket. For operators who scan for malware.")]
    public string Clamd { get; set; } = "";

    [Description("How long one check may take. Operators with large files or a slow checker raise it.")]
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    [Description("How many uploads are checked at once. Operators adapt it to their checker.")]
    [Range(1, 64)]
    public int AtOnce { get; set; } = 4;

    /// <summary>The number of attempts without a verdict after which <see cref="WhileAway"/> applies.</summary>
    public int Attempts { get; internal set; } = 10;

    [SameOnAllNodes]
    [Description("What happens to an upload that has no verdict after ten attempts, with random pauses whose limit doubles from 2 seconds "
        + "to 10 minutes: Hold keeps it waiting and asks again, Refuse fails it, Accept publishes it unchecked. If Check:CreationUrl does "
        + "not answer, no upload is made unless this is Accept. Operators choose by how much they trust their uploaders.")]
    public CheckerAway WhileAway { get; set; } = CheckerAway.Hold;

    /// <summary>The maximum pause after the first attempt without a verdict. Each further attempt doubles it.</summary>
    public TimeSpan FirstPause { get; internal set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the answer of <see cref="CreationUrl"/> may take.</summary>
    public TimeSpan CreationTimeout { get; internal set; } = TimeSpan.FromSeconds(5);

    public bool IsSet => Url.Length > 0 || Command.Length > 0 || Clamd.Length > 0;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if ((Url.Length > 0 ? 1 : 0) + (Command.Length > 0 ? 1 : 0) + (Clamd.Length > 0 ? 1 : 0) > 1)
            yield return new ValidationResult("set only one of Check:Url, Check:Command and Check:Clamd", [nameof(Url)]);
        foreach (var (name, address) in ((string, string)[])[(nameof(Url), Url), (nameof(CreationUrl), CreationUrl)])
        {
            if (address.Length > 0 && !(Uri.TryCreate(address, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"))
                yield return new ValidationResult("must be an address that begins with https:// or http://", [name]);
        }

        if (Secret.Length > 0 && WebhookSignature.Parse(Secret) is null)
            yield return new ValidationResult("must be whsec_ and 24 to 64 bytes in base64", [nameof(Secret)]);
        if (Url.Length + CreationUrl.Length > 0 && Secret.Length == 0 && Format == WebhookFormat.Json)
            yield return new ValidationResult("must be set, because requests in this format are signed", [nameof(Secret)]);
        if (Command.Length > 0 && !Command[0].StartsWith('/'))
            yield return new ValidationResult("must begin with the full path of a program", [nameof(Command)]);
        if (Clamd.Length > 0 && !Clamd.StartsWith('/')
            && !(Uri.TryCreate("tcp://" + Clamd, UriKind.Absolute, out var clamd) && clamd is { Port: > 0, AbsolutePath: "/" or "" }))
            yield return new ValidationResult("must be host:port, or the path of a socket", [nameof(Clamd)]);
    }
}
