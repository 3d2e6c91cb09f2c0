namespace ChunkUpload.Api.Access;

/// <summary>
/// Limits the number of running requests without a known caller. A client that does not read its response occupies the request and the
/// server's buffers; on HTTP/2 one connection can do that a hundred times. A request above the limit aborts the oldest one: normal clients
/// are served within milliseconds.
/// </summary>
internal sealed class AnonymousRequests
{
    /// <summary>The limit.</summary>
    public const int Most = 256;

    private readonly Lock _lock = new();
    private readonly LinkedList<HttpContext> _running = [];

    public Entry Add(HttpContext context)
    {
        var entry = new Entry(this, new LinkedListNode<HttpContext>(context));
        lock (_lock)
        {
            // Abort under the lock: a listed request has not ended, so its context does not serve another one yet.
            while (_running.Count >= Most)
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

        /// <summary>Removes the request when its caller is known or it has ended. May be called more than once.</summary>
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
