using System.IO.Pipelines;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using ChunkUpload.Core.Dav;

namespace ChunkUpload.Api.Dav;

/// <summary>
/// Writes a 207 answer piece by piece, so that it needs the same memory for any number of resources. A response that cannot be completed is
/// aborted, because clients might delete files if an incomplete list looked complete.
/// </summary>
internal sealed class MultiStatus : IDisposable
{
    private const string D = "D";

    private const int MaxUnsent = 64 << 10;

    private static readonly XmlWriterSettings Settings = new()
    {
        Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        CloseOutput = false,
        NewLineHandling = NewLineHandling.Entitize,
    };

    private readonly HttpContext _context;
    private readonly PipeStream _stream;
    private readonly XmlWriter _xml;

    public MultiStatus(HttpContext context)
    {
        _context = context;
        context.Response.StatusCode = StatusCodes.Status207MultiStatus;
        context.Response.ContentType = DavXml.MediaType;
        _stream = new PipeStream(context.Response.BodyWriter);
        _xml = XmlWriter.Create(_stream, Settings);
        _xml.WriteStartDocument();
        _xml.WriteStartElement(D, "multistatus", DavXml.Dav.NamespaceName);
        _xml.WriteAttributeString("xmlns", "oc", null, LiveProperty.OwnCloud.NamespaceName);
    }

    /// <summary>Whether the buffered bytes must be sent before more is written.</summary>
    public bool IsFull => _stream.Unsent >= MaxUnsent;

    /// <summary>Writes the description of a resource.</summary>
    public void Describe(DavResource resource, PropertyRequest request)
    {
        Start("response");
        _xml.WriteElementString(D, "href", DavXml.Dav.NamespaceName, resource.Href);
        var missing = request.Names is { } names ? WriteNamed(resource, names) : WriteAll(resource, request);
        if (missing is not null)
        {
            Start("propstat");
            Start("prop");
            foreach (var name in missing)
            {
                Start(name);
                _xml.WriteEndElement();
            }

            _xml.WriteEndElement();
            EndPropertiesOf("HTTP/1.1 404 Not Found");
        }

        _xml.WriteEndElement();
    }

    /// <summary>Sends the buffered bytes.</summary>
    public async Task FlushAsync()
    {
        _xml.Flush();
        _stream.Unsent = 0;
        await _context.Response.BodyWriter.FlushAsync(_context.RequestAborted);
    }

    public async Task EndAsync()
    {
        _xml.WriteEndElement();
        _xml.WriteEndDocument();
        await FlushAsync();
    }

    public void Dispose() => _xml.Dispose();

    /// <returns>The properties that the resource does not have; null if it has all.</returns>
    private List<XName>? WriteNamed(DavResource resource, IReadOnlyList<XName> names)
    {
        List<XName>? missing = null;
        var found = false;
        foreach (var name in names)
        {
            var live = LiveProperty.ByName.TryGetValue(name, out var property) && property.Has(resource) ? property : null;
            var dead = live is null ? DeadOf(resource, name) : null;
            if (live is null && dead is null)
            {
                (missing ??= []).Add(name);
                continue;
            }

            if (!found)
                StartProperties();
            found = true;
            if (live is not null)
                Write(live, resource, nameOnly: false);
            else
                _xml.WriteRaw(dead!.Value);
        }

        if (!found && missing is not null)
            return missing;
        if (!found)
            StartProperties();
        _xml.WriteEndElement();
        EndPropertiesOf("HTTP/1.1 200 OK");
        return missing;
    }

    private List<XName>? WriteAll(DavResource resource, PropertyRequest request)
    {
        StartProperties();
        foreach (var property in LiveProperty.All)
        {
            if (property.Has(resource))
                Write(property, resource, request.NamesOnly);
        }

        foreach (var property in resource.Properties)
        {
            if (!request.NamesOnly)
            {
                _xml.WriteRaw(property.Value);
                continue;
            }

            Start((XName)property.Name);
            _xml.WriteEndElement();
        }

        List<XName>? missing = null;
        foreach (var name in request.Include)
        {
            if (DeadOf(resource, name) is not null)
                continue;
            if (!LiveProperty.ByName.TryGetValue(name, out var property) || !property.Has(resource))
                (missing ??= []).Add(name);
            else if (!LiveProperty.All.Contains(property))
                Write(property, resource, nameOnly: false);
        }

        _xml.WriteEndElement();
        EndPropertiesOf("HTTP/1.1 200 OK");
        return missing;
    }

    private static DavProperty? DeadOf(DavResource resource, XName name) =>
        resource.Properties.FirstOrDefault(property => property.Name == name.ToString());

    private void Write(LiveProperty property, DavResource resource, bool nameOnly)
    {
        Start(property.Name);
        if (!nameOnly)
            property.Write(_xml, resource);
        _xml.WriteEndElement();
    }

    private void StartProperties()
    {
        Start("propstat");
        Start("prop");
    }

    private void EndPropertiesOf(string status)
    {
        _xml.WriteElementString(D, "status", DavXml.Dav.NamespaceName, status);
        _xml.WriteEndElement();
    }

    private void Start(string name) => _xml.WriteStartElement(D, name, DavXml.Dav.NamespaceName);

    private void Start(XName name) => _xml.WriteStartElement(
        name.Namespace == DavXml.Dav ? D : name.Namespace == LiveProperty.OwnCloud ? "oc" : null, name.LocalName, name.NamespaceName);

    /// <summary>Writes to the response buffer, which <see cref="FlushAsync"/> sends.</summary>
    private sealed class PipeStream(PipeWriter writer) : Stream
    {
        /// <summary>The number of bytes since the last flush.</summary>
        public int Unsent { get; set; }

        public override bool CanRead => false;
        public override bool CanSeek => false;
        public override bool CanWrite => true;
        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            System.Buffers.BuffersExtensions.Write(writer, buffer);
            Unsent += buffer.Length;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
