namespace ChunkUpload.Api.Access;

/// <summary>
/// The requests that run without a known caller, of which there are only so many. A client that does not read its answer keeps the request
/// and what the server has buffered for it; on HTTP/2 one connection can do that a hundred times. When there is one request too many, the
/// oldest is cut: an honest client is served within milliseconds, and needs no room for long.
/// </summary>
/// <param name="most">How many there may be.</param>
internal sealed class AnonymousRequests(int most)
{
    public const int Most = 256;

    /// <summary>Of a page's library, which holds a whole file of up to two megabytes for each answer.</summary>
    public const int MaxPages = 16;

    private readonly Lock _lock = new();
    private readonly LinkedList<HttpContext> _running = [];

    public int Count
    {
        get
        {
            lock (_lock)
                return _running.Count;
        }
    }

    public Entry Add(HttpContext context)
    {
        var entry = new Entry(this, new LinkedListNode<HttpContext>(context));
        lock (_lock)
        {
            // Under the lock: a request that is listed has not ended, so its context does not serve another one yet.
            while (_running.Count >= most)
            {
                var oldest = _running.First!.Value;
                _running.RemoveFirst();
                oldest.Abort();
            }

            _running.AddLast(entry.Node);
        }

        return entry;
    }

    internal sealed class Entry(AnonymousRequests requests, LinkedListNode<HttpContext> node)
    {
        internal LinkedListNode<HttpContext> Node => node;

        /// <summary>The caller is known, or the request has ended. May be called again.</summary>
        public void Remove()
        {
            lock (requests._lock)
            {
                if (node.List is not null)
                    requests._running.Remove(node);
            }
        }
    }
}

/// <summary>Counts a request among the anonymous ones until its caller is known, or until it has ended.</summary>
internal sealed class AnonymousLimit(RequestDelegate next, AnonymousRequests requests)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var entry = requests.Add(context);
        context.Features.Set(entry);
        try
        {
            await next(context);
        }
        finally
        {
            entry.Remove();
        }
    }

    /// <summary>A further limit, for some of them.</summary>
    public static Func<HttpContext, RequestDelegate, Task> Of(int most)
    {
        var requests = new AnonymousRequests(most);
        return async (context, next) =>
        {
            var entry = requests.Add(context);
            try
            {
                await next(context);
            }
            finally
            {
                entry.Remove();
            }
        };
    }

    /// <summary>The caller is known: how much its answers may hold is no longer everybody's concern.</summary>
    public static void CallerIsKnown(HttpContext context) => context.Features.Get<AnonymousRequests.Entry>()?.Remove();
}
